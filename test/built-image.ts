import { Store } from '../src/store/index.ts';
import { parseImageConfig, parseManifest, type ImageConfig } from '../src/image/index.ts';
import type { Digest } from '../src/core/index.ts';
import { printedImage, type RunResult, type World } from './world.ts';

/** The configuration of the image that `build` or `lock` printed the digest of. */
export async function configOf(world: World, built: RunResult): Promise<ImageConfig> {
  return configOfImage(world, printedImage(built) as Digest);
}

export async function configOfImage(world: World, image: Digest): Promise<ImageConfig> {
  const store = await Store.open(world.store);
  const document = parseManifest(await store.readBytes(image));
  if (document.kind !== 'manifest') throw new Error('an index has no configuration');
  return parseImageConfig(await store.readBytes(document.manifest.config.digest));
}

/** Builds a Dockerfile under a name of its own in the world's project. */
export async function buildFile(
  world: World,
  name: string,
  dockerfile: string,
  args: readonly string[] = [],
): Promise<RunResult> {
  await world.write({ [name]: dockerfile });
  return world.run('build', ['-f', `${world.project}/${name}`, ...args]);
}
