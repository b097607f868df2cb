import type { Kind } from '../kind.ts';
import { abbreviatedType, asksAbbreviated } from './abbreviate.ts';
import { npmAsOf } from './as-of.ts';
import { installedPackages } from './installed.ts';
import { latestPackages, npmVersions } from './latest.ts';
import { npmRecogniser } from './recognise.ts';
import { packageTexts } from './texts.ts';

/**
 * npm registries, as npm, yarn and pnpm use them. A packument exists in a full and an abbreviated form, chosen by
 * `Accept` (npm/registry, docs/responses/package-metadata.md).
 */
export const npm: Kind = {
  name: 'npm',
  versions: npmVersions,
  latest: latestPackages,
  vary: ({ accept }): Record<string, string> => (asksAbbreviated(accept) ? { accept: abbreviatedType } : {}),
  recogniser: npmRecogniser,
  asOf: npmAsOf,
  installed: installedPackages,
  texts: packageTexts,
};
