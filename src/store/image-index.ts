import { mkdir, readFile, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import {
  errnoOf,
  integrityError,
  isDigest,
  lazy,
  usageError,
  type Digest,
  type Platform,
} from '../core/index.ts';

/** An image in the store: OCI image-spec descriptor.md, the members that this program uses. */
export interface TaggedDescriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly platform?: Platform | undefined;
}

const refName = 'org.opencontainers.image.ref.name';
/** The whole name by which containerd, and a Docker that stands on it, knows an image of a layout. */
export const containerdName = 'io.containerd.image.name';
/** References in registries, with commas. */
const pushedTo = 'io.holdfast.pushed-to';

/** The registries' names that an image of the store was pushed to. */
export function pushedPlaces({ annotations }: TaggedDescriptor): readonly string[] {
  return (annotations?.[pushedTo] ?? '').split(',').filter(place => place !== '');
}

const indexSchema = lazy(() =>
  z.looseObject({
    schemaVersion: z.literal(2),
    manifests: z.array(
      z.looseObject({
        mediaType: z.string(),
        digest: z.custom<Digest>(isDigest),
        size: z.number().int().nonnegative(),
        annotations: z.record(z.string(), z.string()).optional(),
        platform: z
          .object({ os: z.string(), architecture: z.string(), variant: z.string().optional() })
          .optional(),
      }),
    ),
  }),
);

/** A lock that is older than this was left by a process that died: changing the index takes milliseconds. */
const staleLockMilliseconds = 10_000;

/** The layout's `index.json` (image-spec, image-layout.md): which images have names here. */
export class ImageIndex {
  readonly #path: string;
  readonly #lock: string;

  constructor(root: string) {
    this.#path = join(root, 'index.json');
    this.#lock = join(root, 'index.json.lock');
  }

  async tags(): Promise<{ name: string; descriptor: TaggedDescriptor }[]> {
    const { manifests } = await this.#read();
    return manifests.flatMap(descriptor => {
      const name = descriptor.annotations?.[refName];
      return name === undefined ? [] : [{ name, descriptor }];
    });
  }

  async tag(
    name: string,
    descriptor: TaggedDescriptor,
    replace: (path: string, text: string) => Promise<void>,
    wholeName?: string,
  ): Promise<void> {
    const hasName = ({ annotations = {} }: TaggedDescriptor) => {
      const its = annotations[containerdName];
      return annotations[refName] === name && (!its || !wholeName || its === wholeName);
    };
    await this.#change(replace, manifests => {
      const [same] = manifests.filter(({ digest }) => digest === descriptor.digest);
      const others = manifests.filter(other => !hasName(other));
      const pushed = same && pushedPlaces(same).length > 0 && { [pushedTo]: pushedPlaces(same).join(',') };
      const whole = wholeName !== undefined && { [containerdName]: wholeName };
      const annotations = { ...pushed, ...descriptor.annotations, ...whole, [refName]: name };
      return [...others, { ...descriptor, annotations }];
    });
  }

  /** Remembers with every name of an image that a registry has it. */
  async notePushed(
    digest: Digest,
    place: string,
    replace: (path: string, text: string) => Promise<void>,
  ): Promise<void> {
    await this.#change(replace, manifests =>
      manifests.map(one => {
        if (one.digest !== digest) return one;
        const places = [...new Set([...pushedPlaces(one), place])].toSorted();
        return { ...one, annotations: { ...one.annotations, [pushedTo]: places.join(',') } };
      }),
    );
  }

  async #change(
    replace: (path: string, text: string) => Promise<void>,
    edited: (manifests: readonly TaggedDescriptor[]) => readonly TaggedDescriptor[],
  ): Promise<void> {
    await this.#whileLocked(async () => {
      const { manifests } = await this.#read();
      const index = {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: edited(manifests),
      };
      await replace(this.#path, `${JSON.stringify(index, undefined, 2)}\n`);
    });
  }

  async #read() {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return { schemaVersion: 2 as const, manifests: [] };
      throw error;
    }
    try {
      return indexSchema().parse(JSON.parse(text));
    } catch (error) {
      throw integrityError('STORE_INDEX_INVALID', `${this.#path} is not an OCI image index`, {
        next: 'Move it away; the images that it named can be imported or locked again.',
        cause: error,
      });
    }
  }

  /** `mkdir` is atomic on every file system, so a directory serves as the lock between processes. */
  async #whileLocked(work: () => Promise<void>): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await mkdir(this.#lock);
        break;
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
        if (tries > 600) {
          throw usageError('STORE_LOCKED', `${this.#lock} is held by another process`, {
            next: 'Wait for the other process, or remove that directory if there is none.',
          });
        }
        const held = await stat(this.#lock).catch(() => undefined);
        if (held && Date.now() - held.mtimeMs > staleLockMilliseconds)
          await rmdir(this.#lock).catch(() => {});
        await sleep(50);
      }
    }
    try {
      await work();
    } finally {
      await rmdir(this.#lock).catch(() => {});
    }
  }
}
