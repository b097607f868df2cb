import type { Kind } from '../kind.ts';
import { installedDistributions } from './installed.ts';
import { cpanRecogniser } from './recognise.ts';

/**
 * CPAN and its mirrors, as cpan and cpanm use them. No index tells when a distribution was uploaded, so that there is
 * no past to ask for. Not a `Kind` as long as `KindName` lacks the name: see docs/kinds.md, "Register it".
 */
export const cpan = {
  name: 'cpan',
  recogniser: cpanRecogniser,
  installed: installedDistributions,
} satisfies Omit<Kind, 'name'> & { readonly name: 'cpan' };
