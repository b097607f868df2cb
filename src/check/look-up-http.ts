import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { upstreamError } from '../core/index.ts';
import { refsOfInfo } from '../kinds/git/index.ts';
import {
  type Dispatchers,
  drain,
  parseReference,
  type RegistryClient,
  withDefaultTag,
} from '../registry/index.ts';
import type { LookUp } from './look-up.ts';

const mostRedirects = 10;
const mostOfRefusal = 64 * 1024;
/** Repositories with a hundred thousand references have a few megabytes of them. */
const mostBytesOfRefs = 64 * 1024 * 1024;

/** Asks registries, servers and git hosts. */
export function lookUpOver(registry: RegistryClient, dispatchers: Dispatchers): LookUp {
  return {
    imageDigest: async reference => {
      const { descriptor } = await registry.manifest(withDefaultTag(parseReference(reference)));
      return descriptor.digest;
    },
    fileDigest: async url => {
      const hash = createHash('sha256');
      for await (const part of await opened(url, dispatchers)) hash.update(part as Uint8Array);
      return hash.digest('hex');
    },
    commit: async (url, ref) => {
      if (!/^https?:/i.test(url)) return undefined;
      const info = `${url.replace(/\/+$/, '')}/info/refs?service=git-upload-pack`;
      const refs = refsOfInfo(await boundedBody(await opened(info, dispatchers), info));
      if (refs === undefined)
        throw upstreamError('LOOK_UP_FAILED', `${url} is no git repository`, lookUpNext);
      const commits = refs.filter(({ name }) => namesOf(ref).includes(name)).map(({ commit }) => commit);
      // A branch and a tag of one name: git would take the tag, a reader perhaps the branch.
      return new Set(commits).size === 1 ? commits[0] : undefined;
    },
  };
}

const lookUpNext = { next: 'Check the address, or write the value by hand.' };

function namesOf(ref: string | undefined): readonly string[] {
  if (ref === undefined) return ['HEAD'];
  return ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
}

async function opened(url: string, dispatchers: Dispatchers): Promise<Readable> {
  let at = new URL(url);
  for (let count = 0; count <= mostRedirects; count++) {
    const { statusCode, headers, body } = await dispatchers.dispatcherFor(at).request({
      origin: at.origin,
      path: at.pathname + at.search,
      method: 'GET',
      headers: { 'accept-encoding': 'identity', 'user-agent': 'holdfast' },
    });
    if (statusCode === 200) return body;
    await drain(body, mostOfRefusal);
    const { location } = headers;
    if (statusCode < 300 || statusCode >= 400 || typeof location !== 'string')
      throw upstreamError('LOOK_UP_FAILED', `${at.origin}${at.pathname} answered ${statusCode}`, lookUpNext);
    const next = new URL(location, at);
    if (!/^https?:$/.test(next.protocol)) break;
    at = next;
  }
  throw upstreamError('LOOK_UP_FAILED', `${url} leads nowhere`, lookUpNext);
}

async function boundedBody(body: Readable, url: string): Promise<Buffer> {
  let size = 0;
  body.on('data', (part: Buffer) => {
    size += part.length;
    if (size > mostBytesOfRefs)
      body.destroy(upstreamError('LOOK_UP_FAILED', `${url} has too many references`, lookUpNext));
  });
  return buffer(body);
}
