import { gunzipSync } from 'node:zlib';
import { keyText, type Exchange, type RecordedResponse } from '../exchange.ts';
import type { RecogniseContext, Recognised, Recogniser } from '../kind.ts';
import { refsOfInfo, type AdvertisedRef } from './advertisement.ts';
import { packedCommits, type PackedCommit } from './pack.ts';
import { uploadPackAnswer } from './upload-pack.ts';
import { advertisedCommit, wantedCommit } from './wanted.ts';

/** Above this, a pack is not read. */
const largestBody = 64 * 1024 * 1024;

/** The two requests of the smart protocol (gitprotocol-http), as the recording has them. */
interface GitExchange {
  readonly what: 'info' | 'upload-pack';
  /** The repository's URL, as a client is told it. */
  readonly repository: string;
  readonly exchange: Exchange;
}

/**
 * Reads all answers of git servers: what they advertise, for its refs, and what they sent, for its commits. The dumb
 * protocol's files are none of these: there, each is one that anyone can fetch again.
 */
export async function gitRecogniser({ exchanges, readBody }: RecogniseContext): Promise<Recogniser> {
  const recognised = new Map<string, Recognised>();
  const refs = new Map<string, AdvertisedRef[]>();
  const fetches: { git: GitExchange; pack: Pack }[] = [];
  for (const exchange of exchanges) {
    const git = gitExchange(exchange);
    if (git === undefined) continue;
    const answers: Answer[] = [];
    for (const response of exchange.responses) answers.push(await answerOf(git, response, readBody));
    const known = refs.get(git.repository) ?? [];
    refs.set(git.repository, [...known, ...answers.flatMap(answer => answer.refs)]);
    const pack = answers.find(answer => answer.pack !== undefined)?.pack;
    if (answers.length === 0 || answers.some(({ understood }) => !understood)) continue;
    if (pack === undefined) recognised.set(nameOf(exchange), { class: 'index' });
    else fetches.push({ git, pack });
  }
  for (const { git, pack } of fetches) {
    const known = refs.get(git.repository) ?? [];
    const wanted = pack === 'too large' ? advertisedCommit(known) : wantedCommit(pack, known);
    if (wanted !== undefined)
      recognised.set(nameOf(git.exchange), { class: 'commit', url: git.repository, ...wanted });
  }
  return exchange => recognised.get(nameOf(exchange));
}

type Pack = readonly PackedCommit[] | 'too large';

/** Two steps may have had different answers to the same request. */
function nameOf({ key, responses }: Exchange): string {
  return `${keyText(key)} ${JSON.stringify(responses)}`;
}

function gitExchange(exchange: Exchange): GitExchange | undefined {
  const { method } = exchange.key;
  const url = URL.parse(exchange.key.url);
  if (url === null) return undefined;
  const repositoryOf = (suffix: string) => `${url.origin}${url.pathname.slice(0, -suffix.length)}`;
  const asks = (suffix: string, query: string) => url.pathname.endsWith(suffix) && url.search === query;
  if (method === 'GET' && asks('/info/refs', '?service=git-upload-pack'))
    return { what: 'info', repository: repositoryOf('/info/refs'), exchange };
  if (method === 'POST' && asks('/git-upload-pack', ''))
    return { what: 'upload-pack', repository: repositoryOf('/git-upload-pack'), exchange };
  return undefined;
}

interface Answer {
  readonly understood: boolean;
  readonly refs: readonly AdvertisedRef[];
  readonly pack?: Pack | undefined;
}

const notUnderstood: Answer = { understood: false, refs: [] };

async function answerOf(
  { what }: GitExchange,
  { status, headers, body }: RecordedResponse,
  readBody: RecogniseContext['readBody'],
): Promise<Answer> {
  const header = (name: string) => headers.find(([candidate]) => candidate === name)?.[1];
  const subject = what === 'info' ? 'advertisement' : 'result';
  if (status !== 200 || header('content-type') !== `application/x-git-upload-pack-${subject}`)
    return notUnderstood;
  if (body === undefined) return notUnderstood;
  if (body.size > largestBody)
    return what === 'info' ? notUnderstood : { understood: true, refs: [], pack: 'too large' };
  const bytes = decoded(header('content-encoding'), await readBody(body.digest));
  if (bytes === undefined) return notUnderstood;
  if (what === 'info') {
    const refs = refsOfInfo(bytes);
    return refs === undefined ? notUnderstood : { understood: true, refs };
  }
  const answer = uploadPackAnswer(bytes);
  if (answer === undefined) return notUnderstood;
  const pack = answer.pack && packedCommits(answer.pack);
  if (pack === 'malformed') return { ...notUnderstood, refs: answer.refs };
  // A client that asks for what it has is sent a pack of nothing.
  const isEmpty = answer.pack?.readUInt32BE(8) === 0;
  return { understood: true, refs: answer.refs, pack: isEmpty ? undefined : pack };
}

/** Servers are asked for no encoding at all; some give gzip nevertheless. */
function decoded(encoding: string | undefined, body: Buffer): Buffer | undefined {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip') return undefined;
  try {
    return gunzipSync(body, { maxOutputLength: largestBody });
  } catch {
    return undefined;
  }
}
