import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './measure.ts';
import { ended, freePort, listening, peakMegabytes } from './processes.ts';

/**
 * A download by curl, replayed by the gateway and by mitmproxy's server replay; no origin exists. Over TLS it is a
 * small one: 200 MB take mitmproxy 8 minutes.
 */
export async function benchReplay(place: string, runs: number): Promise<string[]> {
  return [await benchScheme('http', 200, place, runs), await benchScheme('https', 20, place, runs)];
}

async function benchScheme(
  scheme: 'http' | 'https',
  megabytes: number,
  place: string,
  runs: number,
): Promise<string> {
  const size = megabytes * 1024 * 1024;
  const file = join(place, 'download');
  writeFileSync(file, randomBytes(size));
  const url = `${scheme}://files.test/download`;
  const flows = join(place, 'flows');
  const made = spawnSync('/usr/bin/python3', [join(import.meta.dirname, 'make-flow.py'), flows, file, url]);
  if (made.status !== 0) throw new Error(made.stderr.toString());
  const port = await freePort();
  const options = ['--quiet', '--listen-host', '127.0.0.1', '--listen-port', String(port)];
  const replay = ['--server-replay', flows, '--server-replay-nopop', '--set', 'connection_strategy=lazy'];
  const peer = spawn('mitmdump', [...options, ...replay], { stdio: 'ignore' });
  const gateway = spawn(
    process.execPath,
    [join(import.meta.dirname, 'gateway-server.ts'), join(place, 'replay-store'), file, url],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const [ready] = (await Promise.race([once(gateway.stdout, 'data'), ended(gateway, 'the gateway')])) as [
      Buffer,
    ];
    await listening(port, 'mitmdump');
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const peerSeconds = await download(url, size, ['--proxy', `http://127.0.0.1:${port}`]);
      const seconds = await download(url, size, ['--connect-to', `::127.0.0.1:${ready.toString().trim()}`]);
      if (run === 0) continue; // Warming up.
      theirs.push(peerSeconds);
      ours.push(seconds);
    }
    const rate = (values: readonly number[]) => `${(size / 1e6 / median(values)).toFixed(0)} MB/s`;
    return [
      `Replay of a ${megabytes} MB download over ${scheme}, median of ${runs}`,
      `  holdfast  ${rate(ours)}, peak memory ${peakMegabytes(gateway)} MB`,
      `  mitmproxy ${rate(theirs)}, peak memory ${peakMegabytes(peer)} MB`,
      `  throughput ${(median(theirs) / median(ours)).toFixed(1)} times mitmproxy's\n`,
    ].join('\n');
  } finally {
    gateway.kill();
    // It may wait for its client when asked to end.
    peer.kill('SIGKILL');
  }
}

/** Seconds. */
async function download(url: string, size: number, args: readonly string[]): Promise<number> {
  const start = performance.now();
  const options = ['-sk', '--fail', '-o', '/dev/null', '-w', '%{size_download}'];
  const child = spawn('curl', [...options, ...args, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = (await once(child, 'close')) as [number];
  const got = Buffer.concat(chunks).toString();
  if (status !== 0 || got !== String(size)) throw new Error(`curl ended with ${status} after ${got} bytes`);
  return (performance.now() - start) / 1000;
}
