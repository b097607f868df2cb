import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { errnoOf, upstreamError, usageError } from '../../core/index.ts';
import type { Environment } from '../dispatchers.ts';
import { formatReference, type Reference } from '../reference.ts';
import { dockerArchiveMembers } from './docker-archive.ts';
import { tarOf } from './tar.ts';
import type { ImageDestination } from './transport.ts';

/**
 * `docker-daemon:REFERENCE`, to write: loads the image into the Docker that DOCKER_HOST names, or the one of this
 * machine (Docker Engine API, POST /images/load).
 * @throws HoldfastError DOCKER_HOST_INVALID (exit 2), DOCKER_UNREACHABLE, DOCKER_REFUSED (exit 5)
 */
export function dockerDaemonDestination(reference: Reference, environment: Environment): ImageDestination {
  const address = environment['DOCKER_HOST'] || 'unix:///var/run/docker.sock';
  const endpoint = endpointOf(address);
  return {
    name: `docker-daemon:${formatReference(reference)}`,
    async write(store, image, onTransfer) {
      const members = await dockerArchiveMembers(store, image, reference, onTransfer);
      const asked = request({
        ...endpoint,
        method: 'POST',
        path: '/images/load?quiet=1',
        headers: { host: 'docker', 'content-type': 'application/x-tar' },
      });
      const answered = new Promise<IncomingMessage>((resolve, reject) => {
        asked.on('response', resolve).on('error', reject);
      });
      answered.catch(() => {}); // Met below, after what sending it throws.
      try {
        await pipeline(tarOf(members), asked);
      } catch (error) {
        if (errnoOf(error) === undefined) throw error;
        throw unreachable(address, error);
      }
      const response = await answered.catch((error: unknown) => {
        throw unreachable(address, error);
      });
      const answer = await text(response);
      const [, complaint] = /"(?:error|message)"\s*:\s*"([^"]*)"/.exec(answer) ?? [];
      if (response.statusCode === 200 && complaint === undefined) return;
      throw upstreamError(
        'DOCKER_REFUSED',
        `Docker did not load the image: ${complaint ?? `it answered ${response.statusCode}`}`,
        { next: 'Read what Docker says; `docker info` tells of its store and its space.' },
      );
    },
  };
}

function endpointOf(address: string): RequestOptions {
  const [, scheme = '', rest = ''] = /^(\w+):\/\/(.+)$/.exec(address) ?? [];
  if (scheme === 'unix') return { socketPath: rest };
  if (scheme === 'tcp' || scheme === 'http') {
    const { hostname, port } = new URL(`http://${rest}`);
    return { host: hostname, port: port || 2375 };
  }
  throw usageError('DOCKER_HOST_INVALID', `DOCKER_HOST is ${address}, which is not supported`, {
    next: 'Name a socket, unix:///var/run/docker.sock, or write a docker-archive and `docker load` it there.',
  });
}

function unreachable(address: string, cause: unknown) {
  const why = errnoOf(cause) ?? 'unknown error';
  return upstreamError('DOCKER_UNREACHABLE', `no Docker answers at ${address} (${why})`, {
    next: 'Start Docker, or name it in DOCKER_HOST; your user needs access to its socket.',
    cause,
  });
}
