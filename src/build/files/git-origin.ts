import { lstatSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { integrityError, stepError, upstreamError, usageError } from '../../core/index.ts';
import type { SessionResult } from '../../gateway/index.ts';
import type { StepRecording } from '../../lock/index.ts';
import { resolveInRoot, type StepAttachment } from '../../sandbox/index.ts';
import type { Fetcher, Step } from '../step.ts';
import { sessionOptions } from '../traffic.ts';
import { gitAuthorization } from './git-credentials.ts';
import type { GitReference } from './git-reference.ts';
import type { Origin } from './origin.ts';
import { everything, excluding } from './sources.ts';
import { withoutCredentials } from './url-origin.ts';

export interface GitRequest {
  readonly reference: GitReference;
  /** `--checksum`. */
  readonly checksum: string | undefined;
  /** `--keep-git-dir`. */
  readonly keepGitDir: boolean | undefined;
}

/**
 * ADD of a git repository, as a checkout has it: modes 0644 and 0755, one date.
 * @throws HoldfastError GIT_REFERENCE (exit 2); when it is provided GIT_CHECKSUM_MISMATCH (exit 4), GIT_FAILED (exit 6)
 */
export function gitOrigin(
  fetcher: Fetcher,
  step: Step,
  recorded: StepRecording | undefined,
  request: GitRequest,
): Origin {
  const { reference } = request;
  const checksum = agreed('checksum', request.checksum, reference.checksum, step);
  const keepGitDir = agreed('keep-git-dir', request.keepGitDir, reference.keepGitDir, step) ?? false;
  const { remote, directory, submodules } = reference;
  const ref = reference.ref ?? (isCommit(checksum) ? checksum : undefined);
  return {
    facts: {
      git: withoutCredentials(remote),
      ref: ref ?? null,
      directory,
      checksum: checksum ?? null,
      keepGitDir,
      submodules,
    },
    async provide(work, use) {
      const repository = join(work, 'repository');
      const wanted = { remote, ref: ref ?? 'HEAD', submodules };
      const { commit, date, session } = await fetched(fetcher, step, recorded, wanted, work, repository);
      if (checksum !== undefined && !commit.startsWith(checksum))
        throw mismatch(remote, checksum, commit, step);
      const path = resolveInRoot(repository, `/${directory}`).slice(1);
      if (!lstatSync(join(repository, path), { throwIfNoEntry: false })?.isDirectory())
        throw stepError('GIT_FAILED', `${withoutCredentials(remote)} has no directory ${directory}`, {
          next: 'Correct the directory behind the colon.',
          where: step.where,
        });
      await utimes(join(repository, path), date, date); // For who asks for the commit's.
      const filter = keepGitDir ? everything : excluding(['.git', '**/.git']);
      await use({
        sources: [{ root: repository, path, filter }],
        selection: everything,
        metadata: 'context',
      });
      return session;
    },
  };
}

const isCommit = (text: string | undefined): text is string => /^[0-9a-f]{40,64}$/.test(text ?? '');

interface Wanted {
  readonly remote: string;
  readonly ref: string;
  readonly submodules: boolean;
}

/**
 * One commit of the repository, checked out by the machine's git. It has no network but the gateway, runs no hooks or
 * filters, and reads none of the user's settings.
 */
async function fetched(
  fetcher: Fetcher,
  step: Step,
  recorded: StepRecording | undefined,
  wanted: Wanted,
  work: string,
  repository: string,
): Promise<{ commit: string; date: number; session: SessionResult }> {
  const host = await fetcher.runtime.steps();
  const attachment = host.network.allocate();
  const session = host.gateway.session({
    clientAddress: attachment.clientAddress,
    ...sessionOptions(fetcher, step, recorded),
  });
  await mkdir(repository);
  const roots = join(work, 'roots.pem');
  await writeFile(roots, host.gateway.caCertificatePem);
  const { secrets } = fetcher.runtime.grants;
  const authorization = gitAuthorization(wanted.remote, id => secrets.value(id));
  const { ok, stdout, complaint } = await fetcher.runtime.sandbox.runConnected(
    attachment,
    ['sh', '-c', script, 'sh', wanted.remote, wanted.ref, String(wanted.submodules)],
    {
      cwd: repository,
      env: gitEnvironment(attachment, work, {
        'http.sslCAInfo': roots,
        // To this server alone: a submodule of another one does not get it.
        ...(authorization !== undefined && {
          [`http.${new URL(wanted.remote).origin}/.extraHeader`]: `Authorization: ${authorization}`,
        }),
      }),
      signal: fetcher.signal,
    },
  );
  const traffic = await session.finish();
  if (traffic.problem) throw traffic.problem;
  const [commit = '', date = ''] = (stdout.trim().split('\n').at(-1) ?? '').split(' ');
  if (ok) return { commit, date: Number(date), session: traffic };
  const failure = traffic.exchanges.length === 0 ? upstreamError : stepError;
  throw failure(
    'GIT_FAILED',
    `git cannot fetch ${wanted.ref} of ${withoutCredentials(wanted.remote)}: ${complaint}`,
    {
      next: 'Try `git ls-remote` with that URL; correct the reference.',
      where: step.where,
    },
  );
}

/**
 * The wanted commit alone where the server gives it; else all branches and tags, in which a short commit or what no
 * reference leads to can be found.
 */
const script = `set -e
begin() {
  git init --quiet --template= "--object-format=$1" .
  git remote add origin "$2"
}
fetch() { git fetch --quiet --depth=1 --no-tags origin "$1" 2>fetch.log; }
if printf %s "$2" | grep -Eq '^[0-9a-f]{64}$'; then begin sha256 "$1"; else begin sha1 "$1"; fi
if fetch "$2"; then wanted=FETCH_HEAD
elif grep -q 'mismatched algorithms' fetch.log; then
  rm -rf .git
  begin sha256 "$1"
  fetch "$2" || { cat fetch.log >&2; exit 1; }
  wanted=FETCH_HEAD
elif printf %s "$2" | grep -Eq '^[0-9a-f]{7,64}$'; then
  git fetch --quiet --tags origin '+refs/heads/*:refs/remotes/origin/*'
  wanted=$2
else cat fetch.log >&2; exit 1; fi
rm -f fetch.log
git -c advice.detachedHead=false checkout --quiet --detach "$wanted^{commit}"
if [ "$3" = true ] && [ -e .gitmodules ]; then
  git submodule --quiet update --init --recursive --depth=1
fi
git log -1 --format='%H %ct'`;

function gitEnvironment(
  { gatewayAddress }: StepAttachment,
  work: string,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const settings = {
    'http.proxy': `http://${gatewayAddress}:3128`,
    ...own,
    'protocol.allow': 'never',
    'protocol.http.allow': 'always',
    'protocol.https.allow': 'always',
    'core.hooksPath': '/dev/null',
    'core.fsmonitor': 'false',
    'core.autocrlf': 'false',
    'core.logAllRefUpdates': 'false',
    'credential.helper': '',
    'gc.auto': '0',
    'safe.directory': '*',
  };
  const entries = Object.entries(settings).flatMap(([key, value], n) => [
    [`GIT_CONFIG_KEY_${n}`, key],
    [`GIT_CONFIG_VALUE_${n}`, value],
  ]);
  return {
    ...Object.fromEntries(entries),
    GIT_CONFIG_COUNT: String(Object.keys(settings).length),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_PROTOCOL_FROM_USER: '0',
    HOME: work,
  };
}

/** A flag and a query may say the same, and must not differ. */
function agreed<Value>(name: string, flag: Value | undefined, query: Value | undefined, { where }: Step) {
  if (flag === undefined || query === undefined || flag === query) return flag ?? query;
  throw usageError('GIT_REFERENCE', `--${name} says ${String(flag)}, and the URL ${String(query)}`, {
    next: 'Say it once.',
    where,
  });
}

function mismatch(remote: string, expected: string, commit: string, { where }: Step) {
  return integrityError(
    'GIT_CHECKSUM_MISMATCH',
    `${withoutCredentials(remote)} is at ${commit}, not ${expected}`,
    {
      next: 'Look at what changed there; then correct the checksum.',
      where,
    },
  );
}
