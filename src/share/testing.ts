import { sha256, type Digest } from '../core/index.ts';
import type { Exchange } from '../kinds/index.ts';
import { inputsBySection, storeRecording, type Lock } from '../lock/index.ts';
import type { Store } from '../store/index.ts';

/** A lock whose one step downloaded these texts, with everything that it names in the store. */
export async function lockOf(
  store: Store,
  texts: readonly string[],
  image?: { digest: Digest; size: number; mediaType: string; config: Digest; reference: string },
): Promise<Lock> {
  const exchanges: Exchange[] = [];
  for (const text of texts) {
    const body = await store.put(text);
    const key = { method: 'GET', url: `https://files.test/${text.slice(0, 40)}`, vary: {} };
    exchanges.push({ key, responses: [{ status: 200, headers: [], body }] });
  }
  const images =
    image === undefined
      ? []
      : [
          {
            reference: image.reference,
            platform: 'linux/amd64',
            manifest: image.digest,
            mediaType: image.mediaType,
            size: image.size,
            config: image.config,
            diffIds: [],
          },
        ];
  const asOf = '2026-11-24T00:00:00Z';
  const steps = [{ step: '0/1', command: sha256('RUN'), exchanges }];
  const recording = await storeRecording(store, { version: 1, asOf, images, steps, inputs: [] });
  const build = {
    dockerfile: 'Dockerfile',
    platform: 'linux/amd64',
    checksum: sha256('checksum'),
    context: sha256('context'),
    recording,
    image: sha256('image'),
  };
  return { version: 1, asOf, builds: [build], inputs: inputsBySection([]) };
}
