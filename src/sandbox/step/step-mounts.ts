import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Mount } from '../helper/mount-operations.ts';
import { overlayMount } from '../overlay.ts';
import { lstatOf, resolveInRoot } from '../paths.ts';
import { type Ground, LayersGround, MemoryGround, noGround } from './grounds.ts';
import { copyDirectory, type InjectedFile, type InjectedLayer } from './injected-layer.ts';
import { groundOf, inOrder, isWithin, missingSource, overTarget } from './mount-targets.ts';
import type { Mountpoints, StepDirectories } from './mounts.ts';
import { type SocketServer, serveSocket } from './sockets.ts';
import type { StepMount } from './step-types.ts';

/** One of a step's own mounts, and where it is kept while the step is being set up. */
interface Kept {
  readonly mount: StepMount;
  /** A directory on the host. */
  readonly directory: string;
  /** Tells its files and links apart from those of the others. */
  readonly name: string;
}

/** A mount that has its place in the step. */
interface Placed {
  readonly kept: Kept;
  /** Path in the step, without symbolic links. */
  readonly at: string;
  readonly ground: Ground;
  /** For layers: the part that is mounted, without symbolic links. */
  readonly source: string;
}

/**
 * The mounts that a step asks for beside the fixed ones. First their file systems are mounted out of the step's sight
 * (`early`), so that this process can look into them and lay what others stand on (`place`); then the step's root gets
 * them (`late`), parents before what lies in them.
 *
 * Paths are resolved here, while nothing can change the file systems, and mounted as resolved: a link in one that
 * pointed at a file of the host would else be followed by the host's mount(8).
 */
export class StepMounts {
  readonly #kept: readonly Kept[];
  readonly #directories: StepDirectories;
  readonly #reach: (path: string) => string;
  readonly #placed: Placed[] = [];
  readonly #servers: SocketServer[] = [];

  /** @param root of the mounts' directories. @param reach makes a path of the step's mount namespace one of this process. */
  constructor(
    mounts: readonly StepMount[],
    root: string,
    directories: StepDirectories,
    reach: (path: string) => string,
  ) {
    this.#directories = directories;
    this.#reach = reach;
    this.#kept = inOrder(mounts).map((mount, index) => {
      const directory = join(root, String(index));
      mkdirSync(join(directory, 'view'), { recursive: true });
      return { mount, directory, name: `m${index}` };
    });
  }

  /** @param links working directory of the mounting. */
  early(links: string): Mount[] {
    return this.#kept.flatMap(({ mount, directory, name }) => {
      const target = join(directory, 'view');
      switch (mount.type) {
        case 'layers':
          return mount.lowers.length === 0
            ? []
            : [overlayMount({ lowers: mount.lowers, target }, links, `${name}-`)];
        case 'tmpfs': {
          const size = mount.size > 0 ? [`size=${mount.size}`] : [];
          return [{ source: 'tmpfs', target, type: 'tmpfs', options: ['nodev', ...size] }];
        }
        case 'file':
        case 'socket':
          return [];
      }
    });
  }

  /** Finds each mount its place, and lays what it stands on. @param image where the image can be looked into. */
  async place(image: string, layer: InjectedLayer, points: Mountpoints): Promise<void> {
    const fixed = [
      { target: '/', at: '/', ground: layer },
      { target: '/dev', at: points.dev, ground: new MemoryGround(this.#reach(this.#directories.devices)) },
      ...(['proc', 'sys'] as const).map(name => {
        const ground = noGround(points[name], 'it is the kernel’s');
        return { target: `/${name}`, at: points[name], ground };
      }),
    ];
    for (const kept of this.#kept) {
      const { target } = kept.mount;
      const grounds = [
        ...fixed,
        ...this.#placed.map(({ kept: { mount }, at, ground }) => ({ target: mount.target, at, ground })),
      ];
      const found = groundOf(target, image, grounds);
      if (found.rest === '/') throw overTarget(target);
      const source = kept.mount.type === 'layers' ? this.#source(kept, kept.mount.source) : '/';
      const rest = this.#isDirectory(kept, source)
        ? found.ground.ensureDirectory(found.rest)
        : found.ground.ensureFile(found.rest);
      const ground = await this.#ground(kept, source);
      this.#placed.push({ kept, at: posix.join(found.at, rest), ground, source });
    }
  }

  /** Lays a file where the step will find it, which may be in a mount; true if it is. */
  addFile(file: InjectedFile, image: string): boolean {
    const resolved = resolveInRoot(image, file.path);
    const holder = this.#placed.findLast(({ at }) => isWithin(resolved, at));
    if (holder === undefined) return false;
    holder.ground.addFile({ ...file, path: resolved.slice(holder.at.length) });
    return true;
  }

  /** @param links working directory of the mounting. */
  late(links: string): Mount[] {
    return this.#placed.flatMap(placed => {
      const { merged, lent } = this.#directories;
      const { mount, directory, name } = placed.kept;
      const bind = (source: string, ...options: string[]): Mount => {
        return { source, target: merged + placed.at, type: 'none', options: ['bind', ...options] };
      };
      switch (mount.type) {
        case 'layers':
          return this.#layersMounts(placed, mount, links, bind);
        case 'tmpfs':
          return [bind(join(directory, 'view'), 'nodev', ...(mount.readOnly ? ['ro'] : []))];
        case 'file': {
          const noexec = (mount.mode & 0o111) === 0 ? ['noexec'] : [];
          return [bind(join(lent, name), 'ro', 'nosuid', 'nodev', ...noexec)];
        }
        case 'socket':
          return [bind(join(lent, name), 'nosuid', 'nodev', 'noexec')];
      }
    });
  }

  /** Ends what serves the step. */
  [Symbol.dispose](): void {
    for (const server of this.#servers) server.close();
  }

  #layersMounts(
    { kept: { directory, name }, ground, source }: Placed,
    mount: Extract<StepMount, { type: 'layers' }>,
    links: string,
    bind: (source: string, ...options: string[]) => Mount,
  ): Mount[] {
    const view = join(directory, 'view');
    const laid = ground instanceof LayersGround ? ground.finish() : undefined;
    const lowers = [...(laid === undefined ? [] : [laid]), ...mount.lowers];
    if (mount.writes === 'refused' && laid === undefined) return [bind(view + source, 'ro', 'nodev')];
    const target = join(directory, 'tree');
    mkdirSync(target);
    if (mount.writes === 'refused') {
      return [overlayMount({ lowers, target }, links, `${name}-`), bind(target + source, 'ro', 'nodev')];
    }
    const upper = mount.writes === 'discarded' ? join(directory, 'upper') : mount.writes.upper;
    if (mount.writes === 'discarded') copyDirectory(statSync(this.#reach(view)), upper);
    const work = join(directory, 'work');
    mkdirSync(work);
    const overlay = overlayMount({ lowers, upper, work, target, volatile: true }, links, `${name}-`);
    return [overlay, bind(target + source, 'nodev')];
  }

  async #ground({ mount, directory, name }: Kept, source: string): Promise<Ground> {
    const view = this.#reach(join(directory, 'view'));
    switch (mount.type) {
      case 'layers':
        if (!this.#isDirectory({ mount, directory, name }, source))
          return noGround(mount.target, 'it is a file');
        return new LayersGround(view, source, join(directory, 'laid'));
      case 'tmpfs':
        return new MemoryGround(view);
      case 'file': {
        const path = this.#reach(join(this.#directories.lent, name));
        writeFileSync(path, mount.content, { mode: 0o600 });
        chownSync(path, mount.uid, mount.gid);
        chmodSync(path, mount.mode & 0o777);
        return noGround(mount.target, 'it is a file');
      }
      case 'socket':
        this.#servers.push(await serveSocket(this.#reach(this.#directories.lent), name, mount));
        return noGround(mount.target, 'it is a socket');
    }
  }

  #source({ mount, directory }: Kept, source: string): string {
    const view = this.#reach(join(directory, 'view'));
    const resolved = resolveInRoot(view, source);
    if (lstatOf(view + resolved) !== undefined) return resolved;
    throw missingSource(source, mount.target);
  }

  #isDirectory({ mount, directory }: Kept, source: string): boolean {
    if (mount.type === 'tmpfs') return true;
    if (mount.type !== 'layers') return false;
    return lstatOf(this.#reach(join(directory, 'view')) + source)?.isDirectory() ?? false;
  }
}
