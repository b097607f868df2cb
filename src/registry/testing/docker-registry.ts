import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
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

/** Debian's `docker-registry` on a free port of the loopback, with an empty directory of its own. */
export async function startDockerRegistry(options: { htpasswd?: string } = {}): Promise<DockerRegistry> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-registry-'));
  const port = await freePort();
  const config: Record<string, unknown> = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(root, 'data') } },
    http: { addr: `127.0.0.1:${port}` },
  };
  if (options.htpasswd !== undefined) {
    await writeFile(join(root, 'htpasswd'), options.htpasswd);
    config['auth'] = { htpasswd: { realm: 'kelp forest', path: join(root, 'htpasswd') } };
  }
  await writeFile(join(root, 'config.yml'), JSON.stringify(config));
  const child = spawn(program, ['serve', join(root, 'config.yml')], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const domain = `127.0.0.1:${port}`;
  await untilAnswering(`http://${domain}/v2/`, () => child.exitCode);
  return {
    domain,
    async stop() {
      child.kill();
      await exited;
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function untilAnswering(url: string, exitCode: () => number | null): Promise<void> {
  for (;;) {
    if (exitCode() !== null) throw new Error(`docker-registry exited with ${exitCode()}`);
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer) return;
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
