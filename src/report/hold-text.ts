import type { UnknownHold } from '../update/index.ts';
import { printable } from './units.ts';

/** That a hold holds nothing, and what may have been meant. */
export function unknownHoldText({ name, near }: UnknownHold): string {
  const meant = near === undefined ? '' : `; did you mean ${printable(near)}?`;
  return `held, and nothing is called so: ${printable(name)}${meant}`;
}
