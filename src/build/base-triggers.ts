import { parseImageConfig } from '../image/index.ts';
import type { ImageInput } from '../lock/index.ts';
import type { Store } from '../store/index.ts';

/**
 * By reference, what the ONBUILD of base images does in a stage that begins from them, as far as the store has them.
 * @param platform of the build; a FROM that names another one has that image's
 * @throws HoldfastError what Store.readBytes and parseImageConfig throw
 */
export async function baseTriggers(
  images: readonly Pick<ImageInput, 'reference' | 'platform' | 'config'>[],
  platform: string,
  store: Pick<Store, 'has' | 'readBytes'>,
): Promise<(reference: string) => readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { reference, config, ...image } of images) {
    if ((found.has(reference) && image.platform !== platform) || !(await store.has(config))) continue;
    const { OnBuild: triggers = [] } = parseImageConfig(await store.readBytes(config)).config ?? {};
    found.set(reference, triggers);
  }
  return reference => found.get(reference) ?? [];
}
