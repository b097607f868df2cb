import type { Kind } from '../kind.ts';
import { aptClientSettings } from './client.ts';
import { parseRelease } from './release.ts';
import { checkReleaseTime, unverifiedText } from './signature.ts';
import { aptRecogniser, type RecognisedIndex } from './recognise.ts';
import type { Recognised } from '../kind.ts';

const configPath = '/run/holdfast/apt.conf';

/** Debian archives and their packages. */
export const apt: Kind = {
  name: 'apt',
  async recogniser({ exchanges, readBody }) {
    const recognise = await aptRecogniser(exchanges, readBody);
    return exchange => {
      const found = recognise(exchange);
      if (found === undefined) return undefined;
      if (found.class === 'index') return index(found);
      const { name, version, architecture } = found;
      return { class: 'artefact', name, version, architecture };
    };
  },
  client({ caBundle, replaying, environment }) {
    const { APT_CONFIG: imageAptConfig } = environment;
    const settings = aptClientSettings({ configPath, caBundlePath: caBundle, replaying, imageAptConfig });
    return { files: settings.files, environment: settings.env };
  },
  async checkNew({ key, responses }, { readBody, now }) {
    const body = responses.at(-1)?.body;
    if (body === undefined || !/\/(In)?Release$/.test(new URL(key.url).pathname)) return;
    const text = unverifiedText(await readBody(body.digest));
    // Not every file of that name is an archive's; apt itself judges what it was given.
    if (/^Valid-Until:/im.test(text)) checkReleaseTime(parseRelease(text, key.url), { now, origin: key.url });
  },
};

/** The signed index stands for its suite; the files that it vouches for have no line of their own. */
function index({ signed, digest, archive: url, suite, date }: RecognisedIndex): Recognised {
  if (!signed || digest === undefined) return { class: 'index' };
  return { class: 'index', archive: { url, suite, date: date?.toISOString().replace('.000Z', 'Z') } };
}
