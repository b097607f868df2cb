import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { goMod, moduleZip, type GoModule } from './module.ts';

interface Answer {
  readonly type: string;
  readonly body: string | Buffer;
}

const text = 'text/plain; charset=UTF-8';

/**
 * A module proxy (Go modules reference, "GOPROXY protocol") over HTTP on the loopback: of all that was published it has
 * what was there by `now`.
 */
export class GoProxy {
  /** RFC 3339. Unset, there is no past. */
  now: string | undefined;
  /** Paths asked for, in order. */
  readonly requests: string[] = [];
  readonly #modules: GoModule[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<GoProxy> {
    const server = createServer();
    const proxy = new GoProxy(server);
    server.on('request', (request, response) => {
      const path = request.url ?? '/';
      proxy.requests.push(path);
      const answer = proxy.#answer(path);
      if (answer === undefined) response.writeHead(404, { 'content-type': text }).end('not found\n');
      else response.writeHead(200, { 'content-type': answer.type }).end(answer.body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** For GOPROXY. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  publish(...modules: readonly GoModule[]): void {
    this.#modules.push(...modules);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(url: string): Answer | undefined {
    const [, escaped, file] = /^\/(.+)\/(@latest|@v\/[^/]+)$/.exec(unescaped(url)) ?? [];
    const now = Date.parse(this.now ?? '9999-01-01T00:00:00Z');
    const versions = this.#modules.filter(({ path, time }) => path === escaped && Date.parse(time) <= now);
    if (versions.length === 0 || file === undefined) return undefined;
    if (file === '@v/list')
      return { type: text, body: versions.map(({ version }) => `${version}\n`).join('') };
    if (file === '@latest') return infoOf(versions.toSorted(byVersion).at(-1));
    const [, version, asked] = /^@v\/(.+)\.(info|mod|zip)$/.exec(file) ?? [];
    const module = versions.find(one => one.version === version);
    if (module === undefined) return undefined;
    if (asked === 'info') return infoOf(module);
    return asked === 'mod'
      ? { type: text, body: goMod(module.path, module.requires) }
      : { type: 'application/zip', body: moduleZip(module) };
  }
}

function infoOf(module: GoModule | undefined): Answer | undefined {
  if (module === undefined) return undefined;
  const { version, time } = module;
  return { type: 'application/json', body: JSON.stringify({ Version: version, Time: time }) };
}

/** "Module paths": an upper-case letter comes as `!` and the letter in lower case. */
function unescaped(path: string): string {
  return decodeURIComponent(path).replaceAll(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Semantic versions without pre-releases. */
function byVersion(a: GoModule, b: GoModule): number {
  const numbers = ({ version }: GoModule) => version.slice(1).split('.').map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (const n of [0, 1, 2]) {
    const difference = (left[n] ?? 0) - (right[n] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
