import type { Kind } from '../kind.ts';
import { installedDistributions } from './installed.ts';
import { latestDistributions } from './latest.ts';
import { cpanRecogniser } from './recognise.ts';

/**
 * CPAN and its mirrors, as cpan and cpanm use them. No index tells when a distribution was uploaded, so that there is
 * no past to ask for.
 */
export const cpan: Kind = {
  name: 'cpan',
  recogniser: cpanRecogniser,
  latest: latestDistributions,
  installed: installedDistributions,
};
