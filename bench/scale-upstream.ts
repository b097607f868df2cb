// An upstream in a process of its own, at the port that is its argument: `/…_N_all.deb` answers N bytes that begin with
// the path, so that no two bodies are the same; `/requests` says how many such requests there were. Prints a line when
// it is ready.
import { randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const filler = randomBytes(1024 * 1024);
let requests = 0;

function* body(path: string, size: number): Generator<Buffer> {
  const start = Buffer.from(`${path}\n`);
  yield start;
  for (let left = size - start.length; left > 0; left -= filler.length) yield filler.subarray(0, left);
}

async function send(response: ServerResponse, path: string, size: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size });
  // What a client leaves is the client's matter to report.
  await pipeline(Readable.from(body(path, size), { highWaterMark: 1 }), response).catch(() => undefined);
}

const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://upstream.test');
  if (pathname === '/requests') {
    response.end(String(requests));
    return;
  }
  requests++;
  void send(response, pathname, Number(/\d+(?=_all\.deb$)/.exec(pathname)?.[0]));
});
const port = Number(process.argv[2]);
server.listen(port, '127.0.0.1', 1024, () => process.stdout.write(`${port}\n`));
