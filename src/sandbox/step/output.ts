import { closeSync, constants, fchownSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { Socket } from 'node:net';

/**
 * The reading end of a named pipe for a step's output. Node gives its children sockets, and a socket cannot be
 * opened again as /dev/stdout, which many a script does; so it is a pipe, and the step's user owns it.
 */
export class StepOutput {
  #file: number;

  /** @param path a pipe that exists. The writer can open it from now on without waiting. */
  constructor(path: string, owner: { readonly uid: number; readonly gid: number }) {
    this.#file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    fchownSync(this.#file, owner.uid, owner.gid);
  }

  /** Reads until the last writer is gone. Call when the writer has opened the pipe: before, it reads as ended. */
  async read(onChunk: ((chunk: Buffer) => void) | undefined): Promise<void> {
    const socket = new Socket({ fd: this.#file, readable: true, writable: false });
    this.#file = -1;
    socket.on('data', chunk => onChunk?.(chunk));
    await once(socket, 'close');
  }

  /** Lets go of a pipe that was never read. */
  [Symbol.dispose](): void {
    if (this.#file !== -1) closeSync(this.#file);
    this.#file = -1;
  }
}
