import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { familiarReference, formatReference, type Reference } from '../reference.ts';
import type { DockerEngine } from '../transports/docker-daemon.ts';
import { copied } from '../transfer.ts';
import { tarOf } from '../transports/tar.ts';
import { dockerArchive } from './archive-members.ts';
import { digestNotKept } from './digest-not-kept.ts';
import { dockerArchiveSource } from './docker-archive-source.ts';
import type { CopySource, CopyTarget } from './place.ts';
import { tarFiles } from './tar-index.ts';

/** `docker-daemon:REFERENCE`, to copy from: what Docker saves, kept in a file meanwhile. */
export async function daemonSource(docker: DockerEngine, reference: Reference): Promise<CopySource> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-daemon-'));
  const close = () => rm(directory, { recursive: true, force: true });
  try {
    const file = join(directory, 'saved.tar');
    await pipeline(await docker.save(familiarReference(reference)), createWriteStream(file));
    const place = `docker-daemon:${formatReference(reference)}`;
    return { ...(await dockerArchiveSource(await tarFiles(file), place)), name: place, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * `docker-daemon:REFERENCE`, to copy to. A Docker that keeps images by configuration and layers alone gives them
 * another digest, or none: it is asked, unless `anyDigest` allows that.
 * @throws HoldfastError COPY_DIGEST_NOT_KEPT (exit 2)
 */
export function daemonTarget(docker: DockerEngine, reference: Reference, anyDigest: boolean): CopyTarget {
  const name = `docker-daemon:${formatReference(reference)}`;
  return {
    name,
    keepsAttachments: false,
    async write(plan, supply) {
      const members = dockerArchive(plan, reference, { name: 'this Docker', otherwise: '' });
      if (!anyDigest && !(await docker.keepsManifests()))
        throw digestNotKept(name, 'this Docker keeps configuration and layers, no manifests');
      const archive = members.map(({ content, ...member }) => ({
        ...member,
        content: () => (content instanceof Uint8Array ? [content] : copied(supply.open(content).read(0))),
      }));
      await docker.load(tarOf(archive));
      for (const { content } of members) if (!(content instanceof Uint8Array)) supply.done(content, 'copied');
    },
  };
}
