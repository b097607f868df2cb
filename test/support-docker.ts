import { execFile, spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startProcess } from './support-processes.ts';
import { temporaryDirectory } from './support-registry.ts';

const run = promisify(execFile);

/** Docker's own client, speaking to a daemon that only this test uses. */
export interface Docker {
  /** As DOCKER_HOST names it. */
  readonly host: string;
  readonly docker: (args: readonly string[]) => Promise<{ stdout: string; stderr: string }>;
  readonly stop: () => Promise<void>;
}

/**
 * A real dockerd without any network, its data in a directory of its own; or the reason why there can be none here.
 */
export async function startDocker(): Promise<Docker | string> {
  if (process.getuid?.() !== 0) return 'dockerd needs root';
  for (const program of ['dockerd', 'docker', 'runc'])
    if (spawnSync(program, ['--version']).status !== 0) return `${program} is not installed`;
  const { path, remove } = await temporaryDirectory();
  const socket = `unix://${join(path, 'docker.sock')}`;
  for (const name of ['data', 'exec']) await mkdir(join(path, name));
  const daemon = startProcess('dockerd', [
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--bridge=none',
    '--storage-driver=overlay2',
    `--data-root=${join(path, 'data')}`,
    `--exec-root=${join(path, 'exec')}`,
    `--pidfile=${join(path, 'pid')}`,
    `--host=${socket}`,
  ]);
  let over = false;
  void daemon.ended.catch(() => undefined).then(() => (over = true));
  const docker: Docker['docker'] = args =>
    run('docker', ['--host', socket, ...args], { env: { ...process.env, DOCKER_CONFIG: path } });
  const stop = async () => {
    daemon.kill('SIGTERM');
    await daemon.ended;
    // Containers on the host's network leave it mounted.
    spawnSync('umount', ['--lazy', join(path, 'exec', 'netns', 'default')]);
    await remove();
  };
  for (let tries = 0; tries < 300 && !over; tries++) {
    if (await docker(['version']).catch(() => undefined)) return { host: socket, docker, stop };
    await sleep(100);
  }
  const last = daemon.output().trim().split('\n').at(-1) ?? '';
  await stop();
  return `dockerd does not start here: ${last}`;
}
