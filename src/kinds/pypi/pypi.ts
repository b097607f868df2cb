import type { ClientSettings, Kind } from '../kind.ts';
import { pypiAsOf } from './as-of.ts';
import { installedDistributions } from './installed.ts';
import { latestProjects, pypiVersions } from './latest.ts';
import { pypiRecogniser } from './recognise.ts';
import { acceptOf } from './simple-api.ts';
import { distributionTexts } from './texts.ts';

/**
 * Python package indexes: the simple repository API (PEPs 503, 691, 700), with wheels (PEP 427) and sdists (PEP 625).
 * The project of old sdists is known from the page that links them, and from nowhere else.
 */
export const pypi: Kind = {
  name: 'pypi',
  versions: pypiVersions,
  latest: latestProjects,
  vary: acceptOf,
  recogniser: pypiRecogniser,
  client: () => clientSettings,
  asOf: pypiAsOf,
  installed: installedDistributions,
  texts: distributionTexts,
};

/**
 * pip's cache stays on: `pip cache purge`, which many a Dockerfile ends with, fails without one, and its entries hold
 * nothing that changes, for the gateway sends no Date.
 */
const clientSettings: ClientSettings = {
  files: [],
  environment: {
    // Whether pip looks for a newer pip depends on the day, and it writes the day into the layer.
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    // The gateway itself asks again, and waits as long as upstream wants; a client that gives up asks beside it.
    PIP_DEFAULT_TIMEOUT: '300',
    UV_HTTP_TIMEOUT: '300',
  },
};
