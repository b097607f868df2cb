import type { IncomingMessage, RequestOptions } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { errnoOf, HoldfastError, nodeHttp, upstreamError, usageError } from '../../core/index.ts';
import type { Environment } from '../dispatchers.ts';
import { formatReference, type Reference } from '../reference.ts';
import { dockerArchiveMembers } from './docker-archive.ts';
import { tarOf } from './tar.ts';
import type { ImageDestination } from './transport.ts';

/**
 * `docker-daemon:REFERENCE`, to write: loads the image into the Docker that DOCKER_HOST names, or the one of this
 * machine.
 * @throws HoldfastError DOCKER_HOST_INVALID (exit 2), DOCKER_UNREACHABLE, DOCKER_REFUSED (exit 5)
 */
export function dockerDaemonDestination(reference: Reference, environment: Environment): ImageDestination {
  const docker = dockerEngine(environment);
  return {
    name: `docker-daemon:${formatReference(reference)}`,
    async write(store, image, onTransfer) {
      await docker.load(tarOf(await dockerArchiveMembers(store, image, [reference], onTransfer)));
    },
  };
}

/** What copying needs of Docker's Engine API. */
export interface DockerEngine {
  /** POST /images/load. @throws HoldfastError DOCKER_UNREACHABLE, DOCKER_REFUSED (exit 5), what the archive throws */
  load(archive: AsyncIterable<Uint8Array>): Promise<void>;
  /** GET /images/NAME/get. @throws HoldfastError DOCKER_UNREACHABLE, DOCKER_REFUSED (exit 5) */
  save(name: string): Promise<AsyncIterable<Uint8Array>>;
  /** Whether it keeps images as containerd does, with their manifests, and not by configuration and layers alone. */
  keepsManifests(): Promise<boolean>;
}

/** @throws HoldfastError DOCKER_HOST_INVALID (exit 2) */
export function dockerEngine(environment: Environment): DockerEngine {
  const address = environment['DOCKER_HOST'] || 'unix:///var/run/docker.sock';
  const endpoint = endpointOf(address);
  const begin = (method: string, path: string) => {
    const headers = { host: 'docker', ...(method === 'POST' && { 'content-type': 'application/x-tar' }) };
    const asked = nodeHttp().request({ ...endpoint, method, path, headers });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      asked.on('response', resolve).on('error', error => reject(unreachable(address, error)));
    });
    answered.catch(() => {}); // Met by whoever waits for it, after what sending throws.
    return { asked, answered };
  };
  const get = (path: string) => {
    const { asked, answered } = begin('GET', path);
    asked.end();
    return answered;
  };
  return {
    async load(archive) {
      const { asked, answered } = begin('POST', '/images/load?quiet=1');
      try {
        await pipeline(archive, asked);
      } catch (error) {
        if (errnoOf(error) === undefined || error instanceof HoldfastError) throw error;
        throw unreachable(address, error);
      }
      const response = await answered;
      const complaint = complaintIn(await text(response));
      if (response.statusCode === 200 && complaint === undefined) return;
      throw refused('load', complaint ?? `it answered ${response.statusCode}`);
    },
    async save(name) {
      const response = await get(`/images/${encodeURIComponent(name)}/get`);
      if (response.statusCode === 200) return response;
      throw refused('give', complaintIn(await text(response)) ?? `it answered ${response.statusCode}`);
    },
    async keepsManifests() {
      const response = await get('/info');
      return response.statusCode === 200 && (await text(response)).includes('io.containerd.snapshotter.v1');
    },
  };
}

function complaintIn(answer: string): string | undefined {
  return /"(?:error|message)"\s*:\s*"([^"]*)"/.exec(answer)?.[1];
}

function refused(verb: string, why: string) {
  return upstreamError('DOCKER_REFUSED', `Docker did not ${verb} the image: ${why}`, {
    next: 'Read what Docker says; `docker info` tells of its store and its space.',
  });
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
