// An upstream in a process of its own: `/…X_N_all.deb` answers N bytes that begin with the path, so that no two bodies are
// the same; `/requests` says how many such requests there were. Prints its port.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const filler = randomBytes(1024 * 1024);
let requests = 0;

async function send(response: ServerResponse, url: string, size: number): Promise<void> {
  const start = Buffer.from(`${url}\n`);
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size });
  response.write(start);
  for (let left = size - start.length; left > 0; left -= filler.length) {
    const took = response.write(left < filler.length ? filler.subarray(0, left) : filler);
    if (!took && !response.closed) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}

const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://upstream.test');
  if (pathname === '/requests') {
    response.end(String(requests));
    return;
  }
  requests++;
  void send(response, pathname, Number(searchParams.get('size') ?? /\d+(?=_all\.deb$)/.exec(pathname)?.[0]));
});
server.listen(0, '127.0.0.1', 1024, () =>
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`),
);
