import type { Kind } from '../kind.ts';
import { gemAsOf } from './as-of.ts';
import { installedGems } from './installed.ts';
import { gemRecogniser } from './recognise.ts';

/** Gem servers: the compact index, the older indexes of marshalled specifications, and the gems. */
export const gem: Kind = {
  name: 'gem',
  recogniser: gemRecogniser,
  asOf: gemAsOf,
  installed: installedGems,
};
