import { createServer, type ServerResponse } from 'node:http';
import { SmallRegistry, type BesideRequest, type SmallRegistryOptions } from './small-registry.ts';
import { listening, stopped, type SeenRequest } from './servers.ts';
import { startStorage } from './storage.ts';

/** A registry that plays one of those out there. */
export interface PlayedRegistry {
  readonly domain: string;
  /** To the registry itself. */
  readonly requests: readonly SeenRequest[];
  /** To where tokens are had and blobs lie, where these are hosts of their own. */
  readonly otherRequests: readonly SeenRequest[];
  close(): Promise<void>;
}

interface Parts extends Omit<SmallRegistryOptions, 'blobUrl'> {
  /** Whether blobs lie on another host. */
  readonly storage?: boolean;
  /** A token server on another host. */
  readonly tokenServer?: TokenServer;
}

export async function played({ storage = false, tokenServer, ...options }: Parts): Promise<PlayedRegistry> {
  const blobs = storage ? await startStorage(() => registry) : undefined;
  const registry: SmallRegistry = await SmallRegistry.start({
    ...options,
    ...(blobs && { blobUrl: digest => blobs.urlOf(digest) }),
  });
  return {
    domain: registry.domain,
    requests: registry.requests,
    get otherRequests() {
      return [...(blobs?.requests ?? []), ...(tokenServer?.requests ?? [])];
    },
    async close() {
      await Promise.all([registry.close(), blobs?.close(), tokenServer?.close()]);
    },
  };
}

export interface TokenServer {
  readonly origin: string;
  readonly requests: SeenRequest[];
  close(): Promise<void>;
}

export async function startTokenServer(
  answer: (request: BesideRequest, response: ServerResponse) => void,
): Promise<TokenServer> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers });
    const { authorization } = headers;
    answer({ method, url: new URL(url, 'http://auth.test'), authorization, body: '' }, response);
  });
  await listening(server);
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { origin: `http://127.0.0.1:${port}`, requests, close: () => stopped(server) };
}
