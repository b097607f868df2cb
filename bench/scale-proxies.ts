import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended, freePort, killed, listening, within } from './processes.ts';

/** A proxy that runs, and whose process is the one to be measured. */
export interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  /** Ends the recording or replay. Returns how many exchanges it holds, where it tells. */
  readonly finish: () => Promise<number | undefined>;
}

export interface Proxy {
  readonly name: string;
  /** Starts it with all that it keeps in `place`. */
  readonly start: (mode: 'record' | 'replay', place: string) => Promise<Running>;
}

export const holdfast: Proxy = {
  name: 'holdfast',
  async start(mode, place) {
    const args = [mode, join(place, 'store'), join(place, 'exchanges.json')];
    const child = fork(join(import.meta.dirname, 'scale-gateway.ts'), args);
    const message = async () =>
      ((await Promise.race([once(child, 'message'), ended(child, 'the gateway')])) as [unknown])[0];
    const port = (await within(60, 'the start of the gateway', message())) as number;
    const finish = async () => {
      const answer = within(60, 'the end of the session', message());
      child.send('finish');
      const { exchanges, problem } = (await answer) as { exchanges: number; problem?: string };
      if (problem !== undefined) throw new Error(problem);
      return exchanges;
    };
    return { child, port, finish };
  },
};

export const mitmproxy: Proxy = {
  name: 'mitmproxy',
  start(mode, place) {
    const flows = join(place, 'flows');
    if (mode === 'record') return mitmdump(['-w', flows], () => flowsIn(flows));
    return mitmdump(['--server-replay', flows, '--server-replay-nopop', '--server-replay-kill-extra']);
  },
};

/** It keeps no body that it streams, and so can replay none. */
export const mitmproxyStreaming: Proxy = {
  name: 'mitmproxy, streaming',
  start: () => mitmdump(['--set', 'stream_large_bodies=1m']),
};

async function mitmdump(args: readonly string[], finish?: () => number): Promise<Running> {
  const port = await freePort();
  const options = ['--quiet', '--listen-host', '127.0.0.1', '--listen-port', String(port)];
  const lazy = ['--set', 'connection_strategy=lazy'];
  const child = spawn('mitmdump', [...options, ...lazy, ...args], { stdio: 'ignore' });
  await started(child, port, 'mitmdump');
  return {
    child,
    port,
    async finish() {
      if (finish === undefined) return undefined;
      // It writes what it still holds when asked to end, if it does end.
      child.kill('SIGTERM');
      await Promise.race([once(child, 'close'), sleep(20_000)]);
      await killed(child);
      return finish();
    },
  };
}
async function started(child: ChildProcess, port: number, name: string): Promise<void> {
  try {
    await Promise.race([listening(port, name), ended(child, name)]);
  } catch (error) {
    await killed(child);
    throw error;
  }
}

function flowsIn(file: string): number {
  const script =
    'import sys; from mitmproxy import io; print(sum(1 for _ in io.FlowReader(open(sys.argv[1], "rb")).stream()))';
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', ['-c', script, file], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

/** Where to look for ports from: apt-cacher-ng 3.7.4 takes none of five digits, neither its own nor in a URL. */
export const shortPort = 3142;

const cacherProgram = '/usr/sbin/apt-cacher-ng';

export const hasAptCacherNg = existsSync(cacherProgram);

/** A replay answers from its cache alone. */
export const aptCacherNg: Proxy = {
  name: 'apt-cacher-ng',
  async start(mode, place) {
    const port = await freePort(shortPort);
    const [cache, logs, configuration] = ['cache', 'logs', 'configuration'].map(name => join(place, name));
    for (const directory of [cache, logs, configuration]) mkdirSync(directory ?? '', { recursive: true });
    const lines = [
      `CacheDir: ${cache}`,
      `LogDir: ${logs}`,
      `Port: ${port}`,
      'BindAddress: 127.0.0.1',
      'ForeGround: 1',
      'AllowUserPorts: 0',
      'ExThreshold: 4',
      `Offlinemode: ${mode === 'replay' ? 1 : 0}`,
    ];
    writeFileSync(join(configuration ?? '', 'acng.conf'), lines.map(line => `${line}\n`).join(''));
    const child = spawn(cacherProgram, ['-c', configuration ?? ''], { stdio: 'ignore' });
    await started(child, port, 'apt-cacher-ng');
    const cached = () =>
      readdirSync(cache ?? '', { recursive: true }).filter(name => String(name).endsWith('.deb')).length;
    return { child, port, finish: async () => cached() };
  },
};
