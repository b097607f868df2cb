import { upstreamError } from '../../core/index.ts';
import type { AsOfContext, UpstreamDocument } from '../kind.ts';

const concurrency = 16;

export type Standing = 'present' | 'later' | 'undated' | 'absent';

/** How a version stood on the date, and upstream's `.info` that says so. */
export interface VersionStanding {
  readonly version: string;
  readonly standing: Standing;
  readonly info: UpstreamDocument;
}

/**
 * Asks for the `.info` of one version after the other, in the order given, several at once. Whoever has seen enough
 * leaves the loop, and no more are asked for.
 * @throws HoldfastError (exit 5) AS_OF_UNAVAILABLE
 */
export async function* standings(
  moduleUrl: string,
  versions: readonly string[],
  context: AsOfContext,
): AsyncGenerator<VersionStanding> {
  for (let n = 0; n < versions.length; n += concurrency) {
    const batch = versions.slice(n, n + concurrency);
    yield* await Promise.all(batch.map(version => standingOf(moduleUrl, version, context)));
  }
}

async function standingOf(
  moduleUrl: string,
  version: string,
  context: AsOfContext,
): Promise<VersionStanding> {
  const escaped = version.replaceAll(/[A-Z]/g, letter => `!${letter.toLowerCase()}`);
  const url = `${moduleUrl}/@v/${escaped}.info`;
  const info = await context.fetch(url);
  if (info.status !== 200) {
    requireAbsent(info, url);
    return { version, standing: 'absent', info };
  }
  const time = versionInfo(info.body)?.time;
  if (time === undefined) return { version, standing: 'undated', info };
  return { version, standing: time <= context.asOf ? 'present' : 'later', info };
}

/** What a proxy answers instead of a version: that there is none. Of anything else the past cannot be told. */
export function requireAbsent({ status }: UpstreamDocument, url: string): void {
  if (status !== 404 && status !== 410) throw unavailable(`${url}: upstream answered ${status}`);
}

export function unavailable(message: string) {
  return upstreamError('AS_OF_UNAVAILABLE', message, {
    next: 'Run `holdfast lock` again later; nothing was changed.',
  });
}

/** Go modules reference, "GOPROXY protocol": `Version`, and `Time`, which a proxy may leave out. */
export function versionInfo(body: Buffer): { version: string; time: Date | undefined } | undefined {
  let info: unknown;
  try {
    info = JSON.parse(body.toString());
  } catch {
    return undefined;
  }
  if (typeof info !== 'object' || info === null || !('Version' in info)) return undefined;
  if (typeof info.Version !== 'string') return undefined;
  const time = 'Time' in info && typeof info.Time === 'string' ? new Date(info.Time) : undefined;
  return { version: info.Version, time: time && Number.isNaN(time.getTime()) ? undefined : time };
}
