import { chmodSync, chownSync, closeSync, constants, openSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { StepMount } from './step-types.ts';

export interface SocketServer {
  close(): void;
}

/**
 * Listens on a new Unix socket. @param directory of the step's mount namespace, as this process reaches it: the name of
 * a socket takes 107 bytes at most, so it is named through an open file.
 */
export async function serveSocket(
  directory: string,
  name: string,
  { mode, uid, gid, onConnection }: Extract<StepMount, { type: 'socket' }>,
): Promise<SocketServer> {
  const file = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  const connections = new Set<Socket>();
  const server = createServer(socket => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  server.listen(`/proc/self/fd/${file}/${name}`);
  await once(server, 'listening');
  chownSync(`${directory}/${name}`, uid, gid);
  chmodSync(`${directory}/${name}`, mode & 0o777);
  return {
    close() {
      for (const socket of connections) socket.destroy();
      // Only then may the number be another file's: the socket's name is removed through it.
      server.close(() => closeSync(file));
    },
  };
}
