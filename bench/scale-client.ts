import { Agent, get } from 'node:http';
import { within } from './processes.ts';

/** Downloads that are made through a proxy. */
export interface Load {
  readonly name: string;
  readonly count: number;
  /** Bytes of each. */
  readonly size: number;
  /** How many are under way at once. */
  readonly parallel: number;
  /** Seconds after which it counts as hung. */
  readonly limit: number;
}

/** Seconds until every download has come whole through the proxy. @throws Error where one did not, or after the limit */
export async function seconds(load: Load, upstream: number, proxy: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.parallel });
  const start = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < load.count) await download(agent, upstream, proxy, pathOf(next++, load.size), load.size);
  };
  try {
    await within(load.limit, load.name, Promise.all(Array.from({ length: load.parallel }, worker)));
    return (performance.now() - start) / 1000;
  } finally {
    agent.destroy();
  }
}

/** As an archive of Debian's names its packages: apt-cacher-ng caches no others. */
const pathOf = (n: number, size: number) => `/debian/pool/main/f/file/file${n}_${size}_all.deb`;

function download(agent: Agent, upstream: number, proxy: number, path: string, size: number): Promise<void> {
  const host = `127.0.0.1:${upstream}`;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const options = { agent, host: '127.0.0.1', port: proxy, path: `http://${host}${path}`, headers: { host } };
  get(options, response => {
    const start = Buffer.alloc(path.length);
    let seen = 0;
    response.on('data', (chunk: Buffer) => {
      if (seen < start.length) chunk.copy(start, seen);
      seen += chunk.length;
    });
    response.on('error', reject);
    response.on('end', () => {
      const isIt = response.statusCode === 200 && seen === size && start.toString('latin1') === path;
      if (isIt) resolve();
      else reject(new Error(`${path}: status ${response.statusCode}, ${seen} of ${size} bytes`));
    });
  }).on('error', reject);
  return promise;
}

/** Requests that upstream has had. */
export async function requestsAt(upstream: number): Promise<number> {
  return Number(await (await fetch(`http://127.0.0.1:${upstream}/requests`)).text());
}
