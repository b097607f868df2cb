import type { UpstreamDocument } from '../kind.ts';
import {
  failureIn,
  lookUpAmong,
  lookUpEach,
  type FailedLookUp,
  type LatestContext,
  type Listed,
  type LockedInput,
  type LookUp,
} from '../latest.ts';
import type { VersionOrder } from '../version-order.ts';
import { distributionNamed, normalName } from './file-name.ts';
import { projectOf, readPage, readProjectRecord, type ProjectRecord } from './page.ts';
import { mediaTypeOf, mediaTypes } from './simple-api.ts';
import { fitsSpecifiers } from './specifier.ts';
import { compareVersions, isPrerelease } from './version.ts';

export const pypiVersions: VersionOrder = { compare: compareVersions, isPrerelease, fits: fitsSpecifiers };

/** A file of a version, as far as it tells of the version. */
interface ListedFile {
  readonly version: string;
  readonly uploaded?: string | undefined;
  readonly yanked?: string | undefined;
  readonly python?: string | undefined;
}

/**
 * By each project's page. A version counts where it has a file that is not yanked and that the locked files' Python
 * may use; which Python that is, wheels for one version of it tell.
 */
export async function latestProjects(
  inputs: readonly LockedInput[],
  context: LatestContext,
): Promise<LookUp[]> {
  const pages = pagesByProject(context.indexes);
  const python = pythonOf(inputs);
  return lookUpEach(
    inputs,
    context,
    input => pages(input.name) ?? publicPage(input),
    url => readFiles(url, context),
    (input, files) => lookUpAmong(versionsOf(files, python, input.version), input, pypiVersions),
  );
}

function pagesByProject(indexes: readonly string[]): (name: string) => string | undefined {
  const byName = new Map<string, string>();
  for (const url of indexes) {
    const project = projectOf(url);
    if (project !== undefined && !byName.has(project) && !url.endsWith('.metadata')) byName.set(project, url);
  }
  return name => byName.get(normalName(name));
}

/** Files of the public index lie on a host of their own. */
function publicPage({ name, url = '' }: LockedInput): string | undefined {
  return URL.parse(url)?.hostname === 'files.pythonhosted.org'
    ? `https://pypi.org/simple/${normalName(name)}/`
    : undefined;
}

async function readFiles(
  url: string,
  { fetch }: LatestContext,
): Promise<readonly ListedFile[] | FailedLookUp> {
  const { json, html } = mediaTypes;
  const document = await fetch(url, { accept: `${json}, ${html};q=0.2, text/html;q=0.1` });
  const failure = failureIn(document, url);
  const files = failure ?? filesOf(document, url);
  return files ?? { state: 'unknown', why: `${url} is no page of a project` };
}

function filesOf({ headers, body }: UpstreamDocument, url: string): readonly ListedFile[] | undefined {
  const type = mediaTypeOf(headers['content-type']);
  const record = type === mediaTypes.json ? readProjectRecord(body) : undefined;
  if (record !== undefined) return record.files.flatMap(file => fileOf(file, record));
  const page = readPage(body, type, url);
  // Pages of links have no times, and pages of old index software do not say what is yanked.
  return page?.files.flatMap(({ name }) => {
    const named = distributionNamed(name, page.project ?? '');
    return named === undefined ? [] : [{ version: named.version }];
  });
}

function fileOf(file: ProjectRecord['files'][number], { name }: ProjectRecord): ListedFile[] {
  const named = distributionNamed(file.filename, normalName(name));
  if (named === undefined) return [];
  const { 'upload-time': uploaded, yanked, 'requires-python': python } = file;
  return [
    {
      version: named.version,
      uploaded: typeof uploaded === 'string' ? uploaded : undefined,
      yanked:
        typeof yanked === 'string'
          ? yanked || 'without a reason'
          : yanked === true
            ? 'without a reason'
            : undefined,
      python: typeof python === 'string' ? python : undefined,
    },
  ];
}

function versionsOf(files: readonly ListedFile[], python: string | undefined, locked: string): Listed[] {
  const byVersion = new Map<string, ListedFile[]>();
  for (const file of files) byVersion.set(file.version, [...(byVersion.get(file.version) ?? []), file]);
  return [...byVersion].flatMap(([version, all]) => {
    const usable = all.filter(file => fitsPython(file, python));
    // What is locked was usable, whatever an index says of it now.
    const [first, ...rest] = usable.length === 0 && compareVersions(version, locked) === 0 ? all : usable;
    if (first === undefined) return [];
    const times = [first, ...rest].flatMap(({ uploaded }) => uploaded ?? []).toSorted();
    const yanked = [first, ...rest].every(file => file.yanked !== undefined) ? first.yanked : undefined;
    return [
      {
        version,
        yanked,
        since: times[0] === undefined ? undefined : { at: times[0], clock: 'index' as const },
      },
    ];
  });
}

function fitsPython({ python: wanted }: ListedFile, python: string | undefined): boolean {
  return python === undefined || wanted === undefined || fitsSpecifiers(python, wanted) !== false;
}

/** The one version of Python that locked wheels are built for, `3.11.999` as its newest; nothing where they tell none. */
function pythonOf(inputs: readonly LockedInput[]): string | undefined {
  const tags = new Set(
    inputs.flatMap(({ url = '' }) => /-cp(3)(\d+)-cp3\d+/.exec(url)?.slice(1, 3).join('.') ?? []),
  );
  const [only] = tags;
  return tags.size === 1 && only !== undefined ? `${only}.999` : undefined;
}
