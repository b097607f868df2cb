import { upstreamError, usageError } from '../../core/index.ts';
import { drain, openDispatchers, type Environment } from '../../registry/index.ts';
import {
  Candidates,
  distributionSuites,
  installOrder,
  keyringFor,
  openPackages,
  openRelease,
  packageUrl,
  readKeyring,
  readSources,
  resolveBase,
  type DistributionSuite,
  type Fetch,
  type Keyring,
  type PackageFile,
  type PackageRecord,
  type SourceEntry,
  type SuiteCandidate,
} from '../../kinds/apt/index.ts';
import { readFile } from 'node:fs/promises';

export interface BaseRequest {
  /** The release's name, for example `bookworm`. */
  readonly suite: string;
  /** Archives to take it from; those of this system's apt configuration where none is named. */
  readonly mirrors: readonly string[];
  readonly keyrings: readonly string[];
  readonly components: readonly string[];
  /** Packages beside the essential ones, the required ones and apt. */
  readonly include: readonly string[];
  /** Debian's name of the architecture. */
  readonly architecture: string;
}

export interface BasePackage {
  readonly record: PackageRecord;
  readonly file: PackageFile & { readonly url: string };
}

/** What a base system is made of, and the sources that it shall have itself. */
export interface BasePackages {
  /** In an order in which dpkg can configure them. */
  readonly packages: readonly BasePackage[];
  readonly suites: readonly DistributionSuite[];
  /** The date of the newest suite. */
  readonly date: Date;
}

/**
 * Where a release has it (Debian since 12), it must be named: init-system-helpers would ask for usrmerge, and that for
 * the whole of perl.
 */
const mergedMarker = 'usr-is-merged';

/** Resolves a base system over all suites of a release, signatures verified. `root` holds the system's `etc`. */
export async function basePackages(
  base: BaseRequest,
  fetch: Fetch,
  { now, root, note }: { readonly now: Date; readonly root: string; readonly note: (text: string) => void },
): Promise<BasePackages> {
  const entries =
    base.mirrors.length > 0 ? base.mirrors.map(mirror => mirrorEntry(mirror, base)) : await readSources(root);
  const given = base.keyrings.length > 0 ? await readKeyrings(base.keyrings) : undefined;
  const open = async (candidate: SuiteCandidate) => {
    const keyring = given ?? (await keyringFor(root, candidate.signedBy));
    return openRelease({ uri: candidate.uri, suite: candidate.suite, keyring }, { fetch, now });
  };
  const suites = await distributionSuites(entries, base.suite, open, ({ uri, suite }, why) =>
    note(`${uri} ${suite} gives the base neither packages nor a source: ${why}`),
  );
  const opened = await Promise.all(
    suites.map(suite => openPackages(suite.opened, base.components, base.architecture, fetch)),
  );
  const candidates = new Candidates(
    opened.map(suite => ({ packages: suite.packages, origin: suite })),
    base.architecture,
  );
  const marker = candidates.get(mergedMarker) === undefined ? [] : [mergedMarker];
  const names = ['apt', ...marker, ...base.include];
  const resolved = resolveBase(candidates, { names, priorities: ['required'] });
  return {
    packages: installOrder(resolved).map(({ record, origin }) => ({
      record,
      file: packageUrl(origin, record),
    })),
    suites,
    date: new Date(Math.max(...suites.map(({ opened: { release } }) => release.date.getTime()))),
  };
}

function mirrorEntry(uri: string, { suite, components }: BaseRequest): SourceEntry {
  return {
    types: ['deb'],
    uris: [uri],
    suites: [suite, `${suite}-updates`, `${suite}-security`],
    components,
    signedBy: [],
    options: new Map(),
    where: { file: '--mirror', line: 1 },
  };
}

async function readKeyrings(paths: readonly string[]): Promise<Keyring> {
  const files = await Promise.all(
    paths.map(async name => {
      try {
        return { name, bytes: await readFile(name) };
      } catch (error) {
        throw usageError('APT_KEYRING_MISSING', `cannot read the keyring ${name}`, {
          next: 'Name a file with the OpenPGP keys that sign the archive.',
          cause: error,
        });
      }
    }),
  );
  return readKeyring(files);
}

/** Gets files of an archive over the host's proxies and roots. */
export async function archiveFetch(env: Environment): Promise<{ fetch: Fetch; close: () => Promise<void> }> {
  const dispatchers = await openDispatchers(env);
  const fetch: Fetch = async url => {
    for (let tries = 1; ; tries++) {
      try {
        const { origin, pathname, search } = new URL(url);
        const { statusCode, body } = await dispatchers.dispatcherFor(new URL(url)).request({
          origin,
          path: pathname + search,
          method: 'GET',
          headers: { 'user-agent': 'holdfast' },
        });
        if (statusCode === 200) return body;
        await drain(body, 64 * 1024);
        if (statusCode === 404 || statusCode === 410) return undefined;
        if (statusCode < 500 || tries === 4) throw refused(url, `it answered ${statusCode}`);
      } catch (error) {
        if (tries === 4)
          throw refused(url, error instanceof Error ? error.message : 'it cannot be reached', error);
      }
      await new Promise(done => setTimeout(done, 250 * 2 ** tries));
    }
  };
  return { fetch, close: () => dispatchers.close() };
}

function refused(url: string, why: string, cause?: unknown) {
  return upstreamError('ARCHIVE_UNREACHABLE', `cannot get ${url}: ${why}`, {
    next: 'Check the address and the network, or name another archive with --mirror.',
    cause,
  });
}
