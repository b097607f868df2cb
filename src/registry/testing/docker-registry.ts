import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const program = '/usr/bin/docker-registry';

/** Why tests against the real registry cannot run here, if they cannot. */
export const noDockerRegistry = existsSync(program) ? undefined : `${program} is not installed`;

export interface DockerRegistry {
  /** `127.0.0.1:PORT`, as in references. */
  readonly domain: string;
  stop(): Promise<void>;
}

/** One user, `kelp` with the password `forest`: a bcrypt line as `htpasswd -B` writes it. */
export const htpasswd = 'kelp:$2b$05$0MCoLiwmTAkxH7wJMgseFuTkUJwn0ImLheysajR0qjkdPpk9tUVUe\n';

interface DockerRegistryOptions {
  readonly htpasswd?: string;
  /** Files, PEM. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** Debian's `docker-registry` on a free port of the loopback, with an empty directory of its own. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-registry-'));
  const port = await freePort();
  const config: Record<string, unknown> = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(root, 'data') }, delete: { enabled: true } },
    // Layers that lie elsewhere are refused unless their places are allowed.
    validation: { manifests: { urls: { allow: ['^https://layers[.]example[.]org/'] } } },
    http: { addr: `127.0.0.1:${port}`, ...(options.tls && { tls: options.tls }) },
  };
  if (options.htpasswd !== undefined) {
    await writeFile(join(root, 'htpasswd'), options.htpasswd);
    config['auth'] = { htpasswd: { realm: 'kelp forest', path: join(root, 'htpasswd') } };
  }
  await writeFile(join(root, 'config.yml'), JSON.stringify(config));
  const child = spawn(program, ['serve', join(root, 'config.yml')], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const domain = `127.0.0.1:${port}`;
  await untilListening(port, () => child.exitCode);
  return {
    domain,
    async stop() {
      child.kill();
      await exited;
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function untilListening(port: number, exitCode: () => number | null): Promise<void> {
  for (;;) {
    if (exitCode() !== null) throw new Error(`docker-registry exited with ${exitCode()}`);
    const socket = connect(port, '127.0.0.1');
    const connected = await new Promise<boolean>(done => {
      socket.once('connect', () => done(true)).once('error', () => done(false));
    });
    socket.destroy();
    if (connected) return;
    await sleep(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
