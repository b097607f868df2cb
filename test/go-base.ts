import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { putDebianBases } from './bases.ts';
import { holdfast } from './program.ts';
import { sharedPlace } from './shared-place.ts';

/** Makes a store that holds `go:1`, Debian's Go (without its own sources) on `debian:bookworm`, and nothing else. */
export async function putGoBase(store: string): Promise<void> {
  const place = await sharedPlace('go-base', async work => {
    await makeGoBase(work);
    return join(work, 'image');
  });
  // A store is an image layout, and the other way round.
  await cp(place, store, { recursive: true });
}

async function makeGoBase(work: string): Promise<void> {
  const store = join(work, 'store');
  await putDebianBases(store);
  const context = join(work, 'context');
  await mkdir(context);
  await writeFile(
    join(context, 'Dockerfile'),
    `FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends golang-go \\
 && rm -rf /var/lib/apt/lists/* /usr/lib/go-*/pkg/linux_*/cmd /usr/share/go-*/src/cmd /usr/share/go-*/test
`,
  );
  const places = ['--store', store, '--cache-dir', join(work, 'cache'), '--progress', 'plain'];
  // As for the other bases, this is fetched from outside.
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      /^((https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS)$/i.test(name) && value !== undefined
        ? [[name, value]]
        : [],
    ),
  );
  for (const args of [
    ['lock', context],
    ['build', context, '--output', `oci:${join(work, 'image')}:go:1`],
  ]) {
    const { exit, stderr } = await holdfast([...args, ...places], { env });
    if (exit !== 0) throw new Error(`holdfast ${args.join(' ')} failed:\n${stderr}`);
  }
}
