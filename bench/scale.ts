import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './measure.ts';
import { ended, freePort, killed, peakMegabytes } from './processes.ts';
import { requestsAt, seconds, type Load } from './scale-client.ts';
import {
  aptCacherNg,
  shortPort,
  hasAptCacherNg,
  holdfast,
  mitmproxy,
  mitmproxyStreaming,
  type Proxy,
} from './scale-proxies.ts';

/** The gateway may take so much memory, whatever a build fetches. */
const mostMegabytes = 300;

interface Phase {
  readonly seconds: number;
  readonly megabytes: number;
  /** Exchanges that it held at the end, where it tells. */
  readonly held: number | undefined;
}

interface Measured {
  readonly record: Phase;
  readonly replay: Phase | undefined;
}

const parallel: Load = {
  name: '200 downloads of 5 MB at once',
  count: 200,
  size: 5_000_000,
  parallel: 200,
  limit: 90,
};
const many: Load = { name: '10,000 exchanges of 1 KB', count: 10_000, size: 1000, parallel: 20, limit: 300 };
const large: Load = { name: 'One body of 10 GB', count: 1, size: 10_000_000_000, parallel: 1, limit: 600 };

/**
 * What a build may ask of the gateway at most, beside what other proxies do with it: each in a process of its own,
 * recorded from an upstream on the loopback, then replayed without it.
 * @throws Error where the gateway loses an exchange or takes more memory than it may, or where a peer hangs or fails
 */
export async function* benchScale(place: string, runs: number): AsyncGenerator<string> {
  const faults: string[] = [];
  const cacher = hasAptCacherNg ? [aptCacherNg] : [];
  if (!hasAptCacherNg) yield 'apt-cacher-ng is not installed, and left out\n';
  const rounds: [Load, readonly Proxy[], number][] = [
    [parallel, [holdfast, mitmproxy, ...cacher], runs],
    [many, [holdfast, mitmproxy], runs],
    [large, [holdfast, mitmproxyStreaming], 1],
  ];
  for (const [load, proxies, times] of rounds) {
    const results = new Map<Proxy, Measured[]>(proxies.map(proxy => [proxy, []]));
    for (let run = 0; run < times; run++)
      for (const proxy of proxies) {
        try {
          results.get(proxy)?.push(await measured(proxy, load, place));
        } catch (error) {
          if (proxy === holdfast) throw error;
          // The others are measured all the same.
          const { message, cause } = error as Error;
          faults.push(`${message}, run ${run + 1}: ${cause instanceof Error ? cause.message : ''}`);
        }
      }
    yield table(load, results);
    faults.push(...faultsOf(load, results.get(holdfast) ?? []));
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

async function measured(proxy: Proxy, load: Load, place: string): Promise<Measured> {
  const own = join(place, 'scale');
  mkdirSync(own);
  const port = await freePort(shortPort);
  const script = join(import.meta.dirname, 'scale-upstream.ts');
  const upstream = spawn(process.execPath, [script, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await Promise.race([once(upstream.stdout, 'data'), ended(upstream, 'upstream')]);
    const record = await phase(proxy, 'record', load, port, own);
    const requests = await requestsAt(port);
    if (proxy === mitmproxyStreaming) return { record, replay: undefined };
    const replay = await phase(proxy, 'replay', load, port, own);
    if ((await requestsAt(port)) !== requests) throw new Error(`${proxy.name} asked upstream in a replay`);
    return { record, replay };
  } finally {
    await killed(upstream);
    rmSync(own, { recursive: true, force: true });
  }
}

async function phase(
  proxy: Proxy,
  mode: 'record' | 'replay',
  load: Load,
  upstream: number,
  place: string,
): Promise<Phase> {
  const { child, port, finish } = await proxy.start(mode, place);
  try {
    const time = await Promise.race([seconds(load, upstream, port), ended(child, proxy.name)]);
    const before = peakMegabytes(child);
    const held = await finish();
    return { seconds: time, megabytes: Math.max(before, peakMegabytes(child)), held };
  } catch (error) {
    throw new Error(`${proxy.name}, ${mode}: ${load.name}`, { cause: error });
  } finally {
    await killed(child);
  }
}

function table({ name }: Load, results: ReadonlyMap<Proxy, readonly Measured[]>): string {
  const runs = results.get(holdfast)?.length ?? 0;
  const lines = [...results].flatMap(([proxy, all]) => [
    line(proxy.name, 'recorded', phasesOf(all, 'record')),
    line(proxy.name, 'replayed', phasesOf(all, 'replay')),
  ]);
  const ratios = [...results.keys()].slice(1).flatMap(peer =>
    (['record', 'replay'] as const).flatMap(mode => {
      const times = [holdfast, peer].map(proxy =>
        phasesOf(results.get(proxy) ?? [], mode).map(of => of.seconds),
      );
      const [ours = [], theirs = []] = times;
      if (theirs.length === 0) return [];
      return [`  ratio of medians to ${peer.name}, ${mode}ed: ${(median(ours) / median(theirs)).toFixed(2)}`];
    }),
  );
  return [`${name}, ${runs} run${runs === 1 ? '' : 's'}`, ...lines, ...ratios, ''].join('\n');
}

function phasesOf(all: readonly Measured[], mode: 'record' | 'replay'): Phase[] {
  return all.flatMap(one => one[mode] ?? []);
}

function line(name: string, done: string, phases: readonly Phase[]): string {
  const head = `  ${name.padEnd(21)}${done}`;
  if (phases.length === 0) return `${head}  not possible`;
  const times = phases.map(of => of.seconds.toFixed(1)).join(' ');
  const most = Math.max(...phases.map(of => of.megabytes));
  const held = phases.flatMap(of => of.held ?? []);
  const kept = held.length === 0 ? '' : `, ${Math.min(...held)} held`;
  return `${head}  ${times} s, peak memory ${most} MB${kept}`;
}

function faultsOf({ name, count }: Load, all: readonly Measured[]): string[] {
  return all
    .flatMap(one => [one.record, one.replay])
    .flatMap(one => {
      if (one === undefined) return [];
      const { megabytes, held } = one;
      const memory = megabytes > mostMegabytes ? [`${name}: ${megabytes} MB of memory`] : [];
      return held === count ? memory : [...memory, `${name}: ${held} exchanges held, not ${count}`];
    });
}
