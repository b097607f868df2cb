// Holds `check` against cases that others wrote, read from a checkout of their repositories and never kept here:
// `node scripts/check-suites hadolint=DIR scorecard=DIR …`. Prints precision and recall by source, and each difference.
import { checkov } from './checkov.js';
import { hadolint } from './hadolint.js';
import { dependabot, dockerfilePin, renovate } from './images.js';
import { kics } from './kics.js';
import { rpmLockfile } from './rpm-lockfile.js';
import { scorecard } from './scorecard.js';

const suites = {
  checkov,
  dependabot,
  'dockerfile-pin': dockerfilePin,
  hadolint,
  kics,
  renovate,
  'rpm-lockfile': rpmLockfile,
  scorecard,
};
for (const given of process.argv.slice(2)) {
  const [name, directory] = given.split('=');
  suites[name](directory);
}
