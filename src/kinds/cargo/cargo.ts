import type { Kind } from '../kind.ts';
import { cargoAsOf } from './as-of.ts';
import { installedCrates } from './installed.ts';
import { latestCrates, cargoVersions } from './latest.ts';
import { cargoRecogniser } from './recognise.ts';

/** Registries with a sparse index (The Cargo Book, "Registry Index"). One that is a git repository is of kind git. */
export const cargo: Kind = {
  name: 'cargo',
  versions: cargoVersions,
  latest: latestCrates,
  recogniser: cargoRecogniser,
  asOf: cargoAsOf,
  installed: installedCrates,
};
