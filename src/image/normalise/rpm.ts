import { emptied, gone, same } from './outcomes.ts';
import type { Rule, RuleFile, RuleOutcome } from './rules.ts';

/** What dnf, yum and rpm leave behind. The database of what is installed stays: rpm takes its times from the source date. */
export const rpmRules: readonly Rule[] = [
  {
    id: 'dnf-logs',
    what: 'the logs of dnf and yum are emptied',
    why: 'they hold the time of each action; the files stay, with owner and mode, for what rotates or follows them',
    paths: /^var\/log\/(?:dnf(?:\.[\w.-]+)?|dnf5|hawkey|yum)\.log$/,
    apply: emptied,
  },
  {
    id: 'dnf-cache',
    what: 'the download caches of dnf and yum are removed',
    why: 'they hold times, in keyrings and attributes too; dnf makes them again when it needs them',
    paths: /^var\/cache\/(?:dnf|yum|libdnf5)\/[^/]+$/,
    apply: () => gone,
  },
  {
    id: 'dnf-history',
    what: "dnf's record of its transactions stays as it was in the image below, or is removed",
    why: 'it holds the times of each transaction; what is installed is in the database of rpm',
    paths: /^var\/lib\/dnf\/history\.sqlite(?:-(?:shm|wal))?$/,
    apply: asBelow,
  },
  {
    id: 'dnf-keyrings',
    what: "directories of random names that dnf left in /tmp, empty or with a keyring of GnuPG's, are removed",
    why: "dnf reads a repository's key in one, and fails to remove it where GnuPG's agent ends at the same moment",
    paths: /^tmp\/tmp[a-z0-9_]{8}$/,
    apply: keyring,
  },
  {
    id: 'rpm-shared-memory',
    what: 'the shared-memory file beside the database of rpm is removed',
    why: 'it holds locks and addresses of the processes that had the database open; SQLite makes it again',
    paths: /(?:^|\/)rpmdb\.sqlite-shm$/,
    apply: () => gone,
  },
];

/** What GnuPG makes in a home of its own when it reads a public key, while its sockets are no part of a layer. */
const ofGnupg = /^(?:pubring\.(?:kbx|gpg)~?|trustdb\.gpg|random_seed|.+\.lock|\.#lk.+)$/;

const privateKeys = 'private-keys-v1.d';

/** A directory with private keys is not dnf's. */
function keyring(file: RuleFile): RuleOutcome {
  const isKnown = (name: string) =>
    name === privateKeys ? file.newNames(name)?.length === 0 : ofGnupg.test(name);
  return file.newNames()?.every(isKnown) === true ? gone : same;
}

/** Where `read` stops: what is larger is not known whole. */
const largestRead = 16 * 1024 * 1024;

function asBelow(file: RuleFile): RuleOutcome {
  if (file.type !== 'file') return same;
  const content = file.readBelow();
  if (content === undefined) return gone;
  return content.length < largestRead ? { kind: 'content', content } : same;
}
