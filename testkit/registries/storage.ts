import { createServer } from 'node:http';
import type { SmallRegistry } from './small-registry.ts';
import { listening, stopped, type SeenRequest } from './servers.ts';

/** Where a registry redirects to for blobs: it takes a signature in the query, and refuses whoever brings a second credential. */
export interface BlobStorage {
  readonly requests: SeenRequest[];
  urlOf(digest: string): string;
  close(): Promise<void>;
}

export async function startStorage(registry: () => SmallRegistry): Promise<BlobStorage> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers });
    const { pathname, searchParams } = new URL(url, 'http://storage.test');
    const bytes = registry().blobs.get(pathname.slice(1));
    if (headers.authorization !== undefined || searchParams.get('signature') !== 'valid')
      response.writeHead(400).end('<Error><Code>InvalidArgument</Code></Error>');
    else if (bytes === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': bytes.byteLength }).end(bytes);
  });
  await listening(server);
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    requests,
    urlOf: digest => `http://127.0.0.1:${port}/${digest}?signature=valid`,
    close: () => stopped(server),
  };
}
