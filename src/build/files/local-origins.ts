import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Digest, SourcePlace } from '../../core/index.ts';
import { extractLayer, openArchive } from '../../image/index.ts';
import { insideUserNamespace } from '../../sandbox/index.ts';
import type { Layer } from '../cache.ts';
import { lowerDirectories } from '../layers.ts';
import type { Project } from '../project.ts';
import type { BuildRuntime } from '../runtime.ts';
import type { Files, Origin } from './origin.ts';
import { everything, matchSources, matchWithParents, type CopySource, type Selection } from './sources.ts';
import { sourcesDigest } from './sources-digest.ts';

/** What an instruction takes from a tree of files. */
export interface Request {
  readonly patterns: readonly string[];
  readonly exclude: readonly string[];
  readonly parents: boolean;
  /** Whether archives are taken apart. */
  readonly unpack: boolean;
  readonly where: SourcePlace;
}

function matched(root: string, selection: Selection, request: Request): CopySource[] {
  const { patterns, exclude, where } = request;
  return (request.parents ? matchWithParents : matchSources)(patterns, { root, selection, exclude, where });
}

/** What of the build context there is for steps. */
export function contextSelection({ lockName, ignore }: Project): Selection {
  return {
    takes: path => path !== lockName && !ignore.matches(path),
    descends: path => ignore.mayHoldUnignored(path),
  };
}

/** Files of the build context. */
export async function contextOrigin(
  project: Project,
  request: Request,
): Promise<Origin & { readonly digest: Digest }> {
  const selection = contextSelection(project);
  const sources = matched(project.context, selection, request);
  const digest = await sourcesDigest(sources, selection);
  return {
    digest,
    facts: { context: digest, unpack: request.unpack },
    stays: !request.unpack,
    async provide(work, use) {
      await useUnpacked({ sources, selection, metadata: 'context' }, request.unpack, work, use);
      return undefined;
    },
  };
}

/** Files of a stage or an image. */
export function layersOrigin(layers: readonly Layer[], runtime: BuildRuntime, request: Request): Origin {
  const { patterns, exclude, parents } = request;
  return {
    facts: { from: layers.map(({ diffId }) => diffId), sources: patterns, exclude, parents },
    async provide(work, use) {
      const lowers = await lowerDirectories(layers, runtime);
      await runtime.sandbox.withView(lowers, work, view =>
        use({ sources: matched(view, everything, request), selection: everything, metadata: 'image' }),
      );
      return undefined;
    },
  };
}

/** Heredocs as files. */
export function inlineOrigin(files: readonly { path: string; content: string }[]): Origin {
  return {
    facts: { files },
    async provide(work, use) {
      const sources: CopySource[] = [];
      for (const { path, content } of files) {
        const inside = posix.resolve('/', path).slice(1);
        await mkdir(dirname(join(work, inside)), { recursive: true });
        await writeFile(join(work, inside), content);
        sources.push({ root: work, path: inside });
      }
      await use({ sources, selection: everything, metadata: 'context' });
      return undefined;
    },
  };
}

/** Gives files to `use` in their order, and for each that is an archive what it holds. */
export async function useUnpacked(
  files: Files,
  unpack: boolean,
  work: string,
  use: (files: Files) => Promise<void>,
): Promise<void> {
  if (!unpack) return use(files);
  for (const [index, source] of files.sources.entries()) {
    const path = join(source.root, source.path);
    const isFile = (await lstat(path)).isFile();
    const archive = isFile ? await openArchive(path) : undefined;
    if (archive === undefined) await use({ ...files, sources: [source] });
    else await use(await unpacked(archive(), join(work, `archive-${index}`)));
  }
}

async function unpacked(archive: AsyncIterable<Uint8Array>, directory: string): Promise<Files> {
  await mkdir(directory);
  const { implied } = await extractLayer({
    source: archive,
    directory,
    userxattr: insideUserNamespace(),
    whiteouts: false,
  });
  const filter: Selection = {
    // Names are bytes to the archive and text here.
    takes: path => implied.size === 0 || !implied.has(Buffer.from(path).toString('latin1')),
    descends: () => true,
  };
  const sources = [{ root: directory, path: '', filter }];
  return { sources, selection: everything, metadata: 'image', replaces: true };
}
