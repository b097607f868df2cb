import { HoldfastError, messageOf } from '../core/index.ts';
import { Gateway } from '../gateway/index.ts';
import { kinds } from '../kinds/index.ts';
import { parseReference, type RegistryClient, type Transport } from '../registry/index.ts';
import type { BadBlob, RecordedAnswer, Repair } from '../share/index.ts';
import type { Store } from '../store/index.ts';
import { Places } from './places.ts';

export interface RepairSources {
  readonly store: Store;
  readonly registry: () => Promise<RegistryClient>;
  readonly remotes: readonly Transport[];
  readonly addHosts: ReadonlyMap<string, string>;
  readonly environment: NodeJS.ProcessEnv;
  readonly note: (text: string) => void;
}

/** Runs `use` with what finds the bytes of a blob again: shared blobs first, then the image's registry, then the recorded URL. */
export async function repairFrom<Result>(
  sources: RepairSources,
  use: (repair: Repair) => Promise<Result>,
): Promise<Result> {
  const { store, registry, addHosts, environment, note } = sources;
  const places = new Places(store, registry, note);
  for (const remote of sources.remotes) places.addRemote(remote);
  const gateway = await Gateway.open({ store, environment, addHosts });
  try {
    return await use(async (blob, { image, answer }) => {
      if (await places.bring(blob)) return 'the remote';
      if (image !== undefined && (await fromRegistry(blob, image, sources))) return image;
      if (answer?.key.method !== 'GET') return undefined;
      const why = await gateway.refetch(sessionFor(blob, answer), answer.key, answer.response);
      if (why === undefined) return answer.key.url;
      note(why);
      return undefined;
    });
  } finally {
    await gateway.close();
  }
}

/** Of an image a blob, or a manifest, which is none to a registry. */
async function fromRegistry(
  { digest, size, what = digest }: BadBlob,
  image: string,
  { store, registry, note }: RepairSources,
): Promise<boolean> {
  if (image.includes('://')) return false;
  try {
    const { domain, path } = parseReference(image);
    const client = await registry();
    const bytes = await client.blobSize({ domain, path }, digest);
    if (bytes === undefined)
      await store.put((await client.manifest({ domain, path, digest })).bytes, { digest });
    else {
      const blob = { mediaType: 'application/octet-stream', digest, size: size ?? bytes };
      await store.put(client.blob({ domain, path }, blob), blob);
    }
    return true;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    note(`${what}: ${messageOf(error)}`);
    return false;
  }
}

const sessionFor = ({ what = '' }: BadBlob, { asOf }: RecordedAnswer) => ({
  step: 'verify',
  where: { file: what, line: 1 },
  mode: 'extend' as const,
  recorded: () => undefined,
  vary: () => ({}),
  sources: (url: string) => kinds.flatMap(kind => kind.sources?.(url, { asOf }) ?? []),
});
