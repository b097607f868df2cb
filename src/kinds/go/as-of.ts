import type { AsOfAnswer, AsOfContext, NewRequest, UpstreamDocument } from '../kind.ts';
import { proxyPath } from './proxy-path.ts';
import { requireAbsent, standings, unavailable, versionInfo } from './timeline.ts';
import { compareVersions, isCanonical, isIncompatible, isPrerelease, pseudoVersionTime } from './version.ts';

/** More than any module has: a list is asked about version by version. */
const mostVersions = 5000;

/** So many versions of before the date are enough: what lies below all of them is taken to be as old. */
const enoughVersions = 500;

/**
 * `@v/list` without the versions that are younger than the date, and `@latest` among the rest. What else a proxy is
 * asked for is either immutable, or the name of something that moves, whose past a proxy does not tell.
 * @throws HoldfastError (exit 5) AS_OF_UNAVAILABLE
 */
export async function goAsOf(
  { key }: Pick<NewRequest, 'key'>,
  context: AsOfContext,
): Promise<AsOfAnswer | undefined> {
  const path = key.method === 'GET' ? proxyPath(key.url) : undefined;
  if (path?.asks !== 'list' && path?.asks !== 'latest') return undefined;
  const moduleUrl = key.url.replace(/\/(?:@|%40)(?:v\/list|latest)(?:\?.*)?$/is, '');
  const answer = await (path.asks === 'list' ? listAsOf : latestAsOf)(moduleUrl, context);
  return answer === 'none' ? nothingYet(path.module, context.asOf) : answer;
}

async function listAsOf(moduleUrl: string, context: AsOfContext): Promise<AsOfAnswer | 'none' | undefined> {
  const list = await context.fetch(`${moduleUrl}/@v/list`);
  const versions = versionsIn(list, moduleUrl);
  if (versions.length === 0) return passedOn(list, moduleUrl);
  const standing = { present: 0, later: 0, undated: 0, absent: 0 };
  const dropped = new Set<string>();
  for await (const seen of standings(moduleUrl, highestFirst(versions), context)) {
    standing[seen.standing] += 1;
    if (seen.standing === 'later' || seen.standing === 'absent') dropped.add(seen.version);
    if (standing.present === enoughVersions) break;
  }
  if (standing.present === 0 && standing.later === 0) return undefined;
  const left = versions.filter(version => !dropped.has(version));
  return left.length === 0 ? 'none' : textAnswer(200, left.map(version => `${version}\n`).join(''));
}

/**
 * "Version queries", `latest`: the highest release, or else the highest pre-release, or else the newest commit.
 * Whether `+incompatible` versions count depends on files in the repository: as they do in upstream's answer of today.
 */
async function latestAsOf(moduleUrl: string, context: AsOfContext): Promise<AsOfAnswer | 'none' | undefined> {
  const latest = await context.fetch(`${moduleUrl}/@latest`);
  const info = latest.status === 200 ? versionInfo(latest.body) : undefined;
  if (latest.status === 200 && info?.time === undefined) return undefined;
  if (info?.time === undefined || info.time <= context.asOf) return passedOn(latest, moduleUrl);
  const versions = versionsIn(await context.fetch(`${moduleUrl}/@v/list`), moduleUrl);
  const counted = versions.filter(version => isIncompatible(info.version) || !isIncompatible(version));
  for await (const { standing, info: found } of standings(moduleUrl, byPreference(counted), context))
    if (standing === 'present') return passedOn(found, moduleUrl);
  return 'none';
}

function byPreference(versions: readonly string[]): string[] {
  const timeOf = (version: string) => pseudoVersionTime(version)?.getTime();
  const tagged = versions.filter(version => timeOf(version) === undefined);
  const commits = versions.filter(version => timeOf(version) !== undefined);
  return [
    ...highestFirst(tagged.filter(version => !isPrerelease(version))),
    ...highestFirst(tagged.filter(isPrerelease)),
    ...commits.toSorted((a, b) => (timeOf(b) ?? 0) - (timeOf(a) ?? 0)),
  ];
}

function highestFirst(versions: readonly string[]): string[] {
  return versions.toSorted((a, b) => compareVersions(b, a));
}

/** One version a line; what may follow it on the line, and what is no version, the go command ignores too. */
function versionsIn(list: UpstreamDocument, moduleUrl: string): string[] {
  if (list.status !== 200) return [];
  const lines = list.body.toString().split('\n', mostVersions + 1);
  if (lines.length > mostVersions) throw unavailable(`${moduleUrl} has more than ${mostVersions} versions`);
  return lines.flatMap(line => {
    const [version = ''] = line.trim().split(/\s/, 1);
    return isCanonical(version) ? [version] : [];
  });
}

/** Upstream's own answer: it is the same on the date, as far as can be known. */
function passedOn(upstream: UpstreamDocument, moduleUrl: string): AsOfAnswer {
  if (upstream.status !== 200) requireAbsent(upstream, moduleUrl);
  const type = upstream.headers['content-type'];
  return {
    status: upstream.status,
    headers: type === undefined ? [] : [['content-type', type]],
    body: upstream.body,
  };
}

/** The go command shows the text to the user. */
function nothingYet(module: string, asOf: Date): AsOfAnswer {
  const date = asOf.toISOString();
  return textAnswer(404, `not found: ${module} had no version yet on ${date}, the date of the lock\n`);
}

function textAnswer(status: number, text: string): AsOfAnswer {
  return { status, headers: [['content-type', 'text/plain; charset=utf-8']], body: Buffer.from(text) };
}
