import { spawn, type ChildProcess } from 'node:child_process';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer as reservePort } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './measure.ts';

const size = 200 * 1024 * 1024;

/** A download of 200 MB by curl, replayed by the gateway and by mitmproxy's server replay. */
export async function benchReplay(place: string, runs: number): Promise<string[]> {
  const file = join(place, 'download');
  writeFileSync(file, randomBytes(size));
  const origin = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>(done => origin.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}/download`;

  const flows = join(place, 'flows');
  const port = await freePort();
  const recorder = await mitmdump(port, ['--save-stream-file', flows]);
  await download(url, ['--proxy', `http://127.0.0.1:${port}`]);
  recorder.kill('SIGINT');
  await once(recorder, 'exit');
  const replayer = await mitmdump(port, ['--server-replay', flows, '--server-replay-nopop']);

  const gateway = spawn(
    process.execPath,
    [join(import.meta.dirname, 'gateway-server.ts'), join(place, 'replay-store'), file, url],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [ready] = (await once(gateway.stdout, 'data')) as [Buffer];
  const gatewayPort = ready.toString().trim();
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const peer = await download(url, ['--proxy', `http://127.0.0.1:${port}`]);
      const mine = await download(url, ['--connect-to', `::127.0.0.1:${gatewayPort}`]);
      if (run === 0) continue; // Warming up.
      theirs.push(peer);
      ours.push(mine);
    }
    const rate = (values: readonly number[]) => `${(size / 1e6 / median(values)).toFixed(0)} MB/s`;
    return [
      `Replay of a 200 MB download, median of ${runs}\n  holdfast ${rate(ours)}, peak memory ${peakMegabytes(gateway)} MB\n  mitmproxy ${rate(theirs)}, peak memory ${peakMegabytes(replayer)} MB\n  throughput ${(median(theirs) / median(ours)).toFixed(1)} times mitmproxy's\n`,
    ];
  } finally {
    gateway.kill();
    replayer.kill();
    origin.close();
    origin.closeAllConnections();
  }
}

async function mitmdump(port: number, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(
    'mitmdump',
    ['--quiet', '--listen-host', '127.0.0.1', '--listen-port', String(port), ...args],
    { stdio: 'ignore' },
  );
  for (let tries = 0; tries < 600; tries++) {
    if (await connects(port)) return child;
    await sleep(100);
  }
  child.kill();
  throw new Error('mitmdump does not start');
}

function connects(port: number): Promise<boolean> {
  return new Promise(done => {
    const socket = connect({ host: '127.0.0.1', port }, () => done(true));
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => done(false));
  });
}

/** Seconds; curl runs beside this process, which may be the origin. */
async function download(url: string, args: readonly string[]): Promise<number> {
  const start = performance.now();
  const child = spawn('curl', ['-s', '--fail', '-o', '/dev/null', '-w', '%{size_download}', ...args, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = (await once(child, 'close')) as [number];
  const got = Buffer.concat(chunks).toString();
  if (status !== 0 || got !== String(size)) throw new Error(`curl ended with ${status} after ${got} bytes`);
  return (performance.now() - start) / 1000;
}

function peakMegabytes({ pid }: ChildProcess): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024).toFixed(0);
}

async function freePort(): Promise<number> {
  const server = reservePort();
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise(done => server.close(done));
  return port;
}
