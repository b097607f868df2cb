import {
  Candidates,
  keyringFor,
  openPackages,
  openRelease,
  type Fetch,
  type SourceEntry,
  type SuitePackages,
} from '../../kinds/apt/index.ts';

export interface FreshOptions {
  /** Where the sources' keyrings lie. */
  readonly root: string;
  readonly architecture: string;
  readonly fetch: Fetch;
  readonly now: Date;
}

/**
 * What the archives of an image offer now, their signatures verified as its apt would. What apt itself takes nothing
 * from unless asked by name is left out.
 * @throws HoldfastError what keyringFor, openRelease and openPackages throw: a half-published index among it
 */
export async function freshArchives(
  entries: readonly SourceEntry[],
  { root, architecture, fetch, now }: FreshOptions,
): Promise<Candidates<SuitePackages>> {
  const opened: SuitePackages[] = [];
  const seen = new Set<string>();
  for (const { types, uris, suites, components, signedBy } of entries) {
    if (!types.includes('deb')) continue;
    const keyring = await keyringFor(root, signedBy);
    for (const uri of uris)
      for (const suite of suites) {
        const key = [uri, suite, ...components].join(' ');
        // Other transports are not asked by steps either.
        if (seen.has(key) || !/^https?:/.test(uri)) continue;
        seen.add(key);
        const release = await openRelease({ uri, suite, keyring }, { fetch, now });
        if (!release.release.notAutomatic)
          opened.push(await openPackages(release, components, architecture, fetch));
      }
  }
  return new Candidates(
    opened.map(suite => ({ packages: suite.packages, origin: suite })),
    architecture,
  );
}
