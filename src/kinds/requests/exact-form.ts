import type { InstallRequest, Item } from './request.ts';

/** A package as a line of the lock names it. */
export interface NamedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture?: string | undefined;
  readonly url: string;
}

/** How the commands of an ecosystem ask for one version of a package. */
export interface ExactForm {
  /** Whether the package is the one that the item names. */
  isOf(item: Item, one: NamedPackage): boolean;
  /** The item's word with the version in it, whatever it says of versions now; nothing where there is no such form. */
  exact(item: Item, one: NamedPackage, request: InstallRequest): string | undefined;
}
