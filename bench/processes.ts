import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The most memory that the process has had so far, in MB (VmHWM of proc(5)); 0 where it is gone. */
export function peakMegabytes({ pid, exitCode, signalCode }: ChildProcess): number {
  if (exitCode !== null || signalCode !== null) return 0;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

/** @throws Error when the process ends */
export async function ended(child: ChildProcess, name: string): Promise<never> {
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  throw new Error(`${name} ended with ${status ?? signal}`);
}

export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  // mitmdump may wait for its clients when asked to end.
  child.kill('SIGKILL');
  await closed;
}

/** Resolves when something takes connections at the port. */
export async function listening(port: number, name: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const socket = connect({ host: '127.0.0.1', port });
    const connected = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (connected) return;
    await sleep(100);
  }
  throw new Error(`${name} does not start`);
}

/** A port that nothing listens on, any or the first from `first` on. */
export async function freePort(first = 0): Promise<number> {
  const server = createServer();
  const free = await new Promise<boolean>(done => {
    server.once('error', () => done(false)).listen(first, '127.0.0.1', () => done(true));
  });
  if (!free) return freePort(first + 1);
  const { port } = server.address() as AddressInfo;
  await new Promise(done => server.close(done));
  return port;
}

/** @throws Error when the work takes longer than so many seconds */
export async function within<Result>(limit: number, what: string, work: Promise<Result>): Promise<Result> {
  const over = new AbortController();
  const timer = sleep(limit * 1000, undefined, { signal: over.signal }).then(() => {
    throw new Error(`${what} takes longer than ${limit} seconds`);
  });
  timer.catch(() => undefined);
  try {
    return await Promise.race([work, timer]);
  } finally {
    over.abort();
  }
}
