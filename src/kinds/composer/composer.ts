import type { Kind } from '../kind.ts';
import { composerAsOf } from './as-of.ts';
import { installedPackages } from './installed.ts';
import { latestPackages, composerVersions } from './latest.ts';
import { composerRecogniser } from './recognise.ts';

/** Composer repositories, protocols 1 and 2, and the archives that they point to (composer, doc/05-repositories.md). */
export const composer: Kind = {
  name: 'composer',
  versions: composerVersions,
  latest: latestPackages,
  recogniser: composerRecogniser,
  asOf: composerAsOf,
  installed: installedPackages,
};
