import { canonicalJson, hexOf, sha256, type Digest } from '../core/index.ts';
import type { Component } from './component.ts';

/** A bill of materials, before it is written in one of the formats. Nothing of it comes from a clock or a host. */
export interface Bill {
  /** The image's, as a package URL, where it has one. */
  readonly name: string | undefined;
  readonly image: Digest;
  /** How the image relates to the components: they were locked for its build, or are found in it. */
  readonly of: 'locked' | 'installed';
  readonly components: readonly Component[];
  /** How many things the build took that could not be locked, so that the bill lacks them. */
  readonly unlocked: number;
  /** RFC 3339, UTC, whole seconds: the lock's date. */
  readonly created: string;
  /** Of this program. */
  readonly version: string;
}

export const billFormats = ['cyclonedx', 'spdx'] as const;
export type BillFormat = (typeof billFormats)[number];

/** The name of the image, for people. */
export function imageName({ name, image }: Pick<Bill, 'name' | 'image'>): string {
  return name ?? image;
}

/** A digest over all that a bill says: the same bill has the same identifiers, another one has others. */
export function billDigest(bill: Bill, format: BillFormat): Digest {
  const { name, components, ...facts } = bill;
  const listed = components.map(({ source, ...one }) => ({ ...one, source: source && { ...source } }));
  return sha256(canonicalJson({ format, name, ...facts, components: listed }));
}

/** A UUID that a digest decides (RFC 9562, version 8). */
export function uuidOf(digest: Digest): string {
  const hex = hexOf(digest);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
