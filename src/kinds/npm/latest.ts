import {
  lookUpAmong,
  lookUpEach,
  readIndex,
  type Listed,
  type LatestContext,
  type LockedInput,
  type LookUp,
} from '../latest.ts';
import { npmRanges, semverOrder } from '../semver-range.ts';
import { readDocument, type Packument } from './packument.ts';
import { pathSegments, registryBase } from './urls.ts';

export const npmVersions = semverOrder(npmRanges);

/** By each package's full document, since the abbreviated one has no times. `latest` counts, unless it is behind. */
export async function latestPackages(
  inputs: readonly LockedInput[],
  context: LatestContext,
): Promise<LookUp[]> {
  const documents = documentsByName(context.indexes);
  return lookUpEach(
    inputs,
    context,
    input => documents(input.name) ?? documentBeside(input),
    url => readIndex(url, context, packumentIn, { accept: 'application/json' }),
    (input, packument) => lookUpAmong(listedIn(packument), input, npmVersions, packument.tags.get('latest')),
  );
}

function packumentIn(body: Buffer): Packument | undefined {
  const document = readDocument(body);
  return document?.form === 'packument' ? document.packument : undefined;
}

/** Where the builds themselves found a package's document: a name is the last of a path's segments, or the last two. */
function documentsByName(indexes: readonly string[]): (name: string) => string | undefined {
  const byName = new Map<string, string>();
  for (const url of indexes) {
    const segments = pathSegments(url);
    if (segments === undefined || segments.includes('-')) continue;
    for (const length of [1, 2]) {
      const name = segments.slice(-length).join('/');
      if (!byName.has(name)) byName.set(name, url);
    }
  }
  return name => byName.get(name);
}

/** As registries lay it out: the tarball lies below the document. */
function documentBeside({ name, url = '' }: LockedInput): string | undefined {
  const base = registryOf(url);
  return base === undefined ? undefined : base + name.replace('/', '%2f');
}

/** The registry that a tarball's URL is of, with a slash at its end; nothing where it has another shape. */
export function registryOf(tarball: string): string | undefined {
  const document = /^([^?#]*)\/-\/[^?#]*$/.exec(tarball)?.[1];
  return document === undefined ? undefined : registryBase(document);
}

function listedIn({ versions, times }: Packument): Listed[] {
  return [...versions].map(([version, manifest]) => {
    const at = times?.get(version);
    const { deprecated } = manifest;
    return {
      version,
      since: at === undefined || Number.isNaN(Date.parse(at)) ? undefined : { at, clock: 'index' },
      deprecated: typeof deprecated === 'string' && deprecated !== '' ? deprecated : undefined,
    };
  });
}
