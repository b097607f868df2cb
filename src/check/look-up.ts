import type { Digest } from '../core/index.ts';
import type { Dispatchers, RegistryClient } from '../registry/index.ts';
import type { Fixed } from './fix-text.ts';
import type { LockedInputs } from './locked-inputs.ts';
import type { RuleContext } from './rule.ts';

/** Answers of today for what no lock holds. Each throws where nobody can be asked. */
export interface LookUp {
  readonly imageDigest: (reference: string) => Promise<Digest | undefined>;
  readonly fileDigest: (url: string) => Promise<string | undefined>;
  readonly commit: (url: string, ref: string | undefined) => Promise<string | undefined>;
}

/** Loaded where it is needed: nothing else here speaks to anybody. */
export async function openLookUp(registry: RegistryClient, dispatchers: Dispatchers): Promise<LookUp> {
  const { lookUpOver } = await import('./look-up-http.ts');
  return lookUpOver(registry, dispatchers);
}

export interface FixedOnline extends Fixed {
  /** What could not be looked up, and why. */
  readonly failed: readonly { readonly name: string; readonly cause: unknown }[];
}

/**
 * What `mend` makes of a file, with what the lock does not hold asked for: once for each thing, and only for what a fix
 * would write.
 */
export async function mendedOnline(
  context: RuleContext,
  lookUp: LookUp,
  mend: (context: RuleContext) => Fixed,
): Promise<FixedOnline> {
  const asked = new Asked(context.locked);
  const asking = { ...context, locked: asked };
  // What it wants to know is learnt by trying.
  mend(asking);
  const failed: { name: string; cause: unknown }[] = [];
  for (const [name, find] of asked.open(lookUp)) {
    try {
      asked.answer(name, await find());
    } catch (cause) {
      failed.push({ name, cause });
    }
  }
  return { ...mend(asking), failed };
}

/** A lock that remembers what it was asked and did not know. */
class Asked implements LockedInputs {
  readonly #locked: LockedInputs | undefined;
  readonly #questions = new Map<string, (lookUp: LookUp) => Promise<string | undefined>>();
  readonly #answers = new Map<string, string>();

  constructor(locked: LockedInputs | undefined) {
    this.#locked = locked;
  }

  /** Nothing is held by a lock that is being thought up. */
  readonly builds = (dockerfile: string) => this.#locked?.builds(dockerfile) ?? [];

  readonly hasImage = (reference: string) => this.#locked?.hasImage(reference) ?? false;

  readonly imageDigest = (reference: string) => {
    const digest = this.#locked?.imageDigest(reference);
    // A lock that has the image and gives no digest means one of the store, or several: a registry's is none of them.
    if (digest !== undefined || this.hasImage(reference)) return digest;
    return this.#known(reference, lookUp => lookUp.imageDigest(reference)) as Digest | undefined;
  };

  readonly fileDigest = (url: string) =>
    this.#locked?.fileDigest(url) ?? this.#known(url, lookUp => lookUp.fileDigest(url));

  readonly commit = (url: string, ref: string | undefined) =>
    this.#locked?.commit(url, ref) ??
    this.#known(`${url}${ref === undefined ? '' : `#${ref}`}`, lookUp => lookUp.commit(url, ref));

  open(lookUp: LookUp): [name: string, find: () => Promise<string | undefined>][] {
    return [...this.#questions].map(([name, find]) => [name, () => find(lookUp)]);
  }

  answer(name: string, value: string | undefined): void {
    if (value !== undefined) this.#answers.set(name, value);
  }

  #known(name: string, find: (lookUp: LookUp) => Promise<string | undefined>): string | undefined {
    this.#questions.set(name, find);
    return this.#answers.get(name);
  }
}
