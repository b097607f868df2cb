import { spawnSync } from 'node:child_process';
import { linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, usageError } from '../../core/index.ts';
import { toolMissing } from './tool.ts';

export interface Device {
  readonly major: number;
  readonly minor: number;
}

/**
 * Makes what Node has no call for: fifos, devices and whiteouts (character devices 0:0, as overlayfs has them), below
 * one directory. Names that begin with `.wh.` cannot stand in a layer, so the scratch names cannot clash.
 */
export class SpecialNodes {
  readonly #scratch: string;
  readonly #whiteout: string;
  #hasWhiteout = false;

  constructor(directory: string) {
    this.#scratch = join(directory, '.wh..wh.holdfast-node');
    this.#whiteout = join(directory, '.wh..wh.holdfast-whiteout');
  }

  fifo(path: Buffer): void {
    mustMake(this.#scratch, ['p']);
    renameSync(this.#scratch, path);
  }

  /** False where the system does not let this process make devices (user namespaces). */
  device(path: Buffer, kind: 'char' | 'block', { major, minor }: Device): boolean {
    const arguments_ = [kind === 'char' ? 'c' : 'b', String(major), String(minor)];
    if (make(this.#scratch, arguments_) !== undefined) return false;
    renameSync(this.#scratch, path);
    return true;
  }

  /** One node serves all whiteouts as hard links (overlayfs itself does so): making a node takes a process. */
  whiteout(path: Buffer): void {
    if (!this.#hasWhiteout) this.#makeWhiteout();
    try {
      linkSync(this.#whiteout, path);
    } catch (error) {
      if (errnoOf(error) !== 'EMLINK') throw error;
      this.#makeWhiteout();
      linkSync(this.#whiteout, path);
    }
  }

  #makeWhiteout(): void {
    rmSync(this.#whiteout, { force: true });
    const refused = make(this.#whiteout, ['c', '0', '0']);
    // On an overlay 0:0 is refused, being the kernel's own sign; the sandbox that copies, and can be there, takes this.
    if (refused !== undefined && make(this.#whiteout, ['c', '0', '1']) !== undefined)
      throw notMade('c 0 0', refused);
    this.#hasWhiteout = true;
  }

  /** Removes the scratch nodes. */
  close(): void {
    rmSync(this.#whiteout, { force: true });
    rmSync(this.#scratch, { force: true });
  }
}

/** Makes one fifo. @throws HoldfastError IMAGE_NODE_REFUSED (exit 2) */
export function makeFifo(path: string): void {
  mustMake(path, ['p']);
}

function mustMake(path: string, arguments_: readonly string[]): void {
  const reason = make(path, arguments_);
  if (reason !== undefined) throw notMade(arguments_.join(' '), reason);
}

function notMade(what: string, reason: string): Error {
  return usageError('IMAGE_NODE_REFUSED', `mknod ${what} failed: ${reason}`, {
    next: 'Build as root or in a user namespace on Linux 5.8 or later, with layers on a local file system.',
  });
}

/** undefined if it was made, else the reason. */
function make(path: string, arguments_: readonly string[]): string | undefined {
  const { error, status, stderr } = spawnSync('mknod', ['--', path, ...arguments_], {
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    encoding: 'utf8',
  });
  if (error !== undefined) throw errnoOf(error) === 'ENOENT' ? toolMissing('mknod') : error;
  return status === 0 ? undefined : stderr.trim();
}
