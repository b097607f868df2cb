import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, sha256, usageError, type Digest } from '../../core/index.ts';
import { resolveInRoot } from '../../sandbox/index.ts';
import { contextSelection, copyInto, filesBelow, sourcesDigest } from '../files/index.ts';
import type { MountContext } from './mounts.ts';

/** Where the files lie in the layer that is made of them. */
const inLayer = '/content';

interface ContextPart {
  readonly digest: Digest;
  /** A layer directory that holds the part, and where in it. @param work where it may be made. */
  readonly layer: (work: string) => Promise<{ readonly directory: string; readonly source: string }>;
}

/**
 * A part of the build context to be mounted: what COPY would take of it, made equal as COPY makes it. So nothing of
 * the machine shows through that another checkout would have otherwise, and the step cannot change the files.
 * @throws HoldfastError MOUNT_SOURCE_MISSING (exit 2)
 */
export async function contextMount(
  source: string,
  { builder, step, index }: MountContext,
): Promise<ContextPart> {
  const { project, ledger } = builder.input;
  const { cache } = builder.runtime;
  const path = resolveInRoot(project.context, source).slice(1);
  const selection = contextSelection(project);
  const stats = lstatSync(join(project.context, path), { throwIfNoEntry: false });
  if (stats === undefined || !(stats.isDirectory() || selection.takes(path))) {
    throw usageError('MOUNT_SOURCE_MISSING', `the build context has no ${source} to be mounted`, {
      next: 'Correct the source, or see what .dockerignore leaves out.',
      where: step.where,
    });
  }
  const sources = [{ root: project.context, path }];
  const digest = await sourcesDigest(sources, selection);
  builder.contextParts.set(`${step.id} mount ${index}`, digest);
  const name = sha256(canonicalJson({ context: digest, path, sourceDate: ledger.sourceDate }));
  const layer = async (work: string) => {
    const held = await cache.layerDirectory(name);
    if (held !== undefined) return { directory: held, source: inLayer };
    const directory = join(work, `context-${index}`);
    mkdirSync(directory, { mode: 0o755 });
    await copyInto({
      sources,
      selection,
      into: filesBelow(directory),
      target: inLayer,
      metadata: 'context',
      sourceDate: ledger.sourceDate,
      where: step.where,
    });
    return { directory: await cache.adoptLayer(name, directory), source: inLayer };
  };
  return { digest, layer };
}
