import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { forgetRemovedFiles, median, pairText, seconds, sideBySide } from './measure.ts';

const program = join(import.meta.dirname, '..', 'bin', 'holdfast.js');

/**
 * The same Dockerfile by Holdfast and by buildah (`--isolation chroot`), from the same base image, against the
 * archive that this machine's apt is set up for.
 */
export function benchBuild(place: string, runs: number): string[] {
  const context = join(place, 'context');
  makeContext(context);
  const env = { HOLDFAST_STORE: join(place, 'store'), CI: '' };
  const cache = (name: string) => ({ ...env, HOLDFAST_CACHE: join(place, name) });
  const holdfast = (...args: string[]) => [process.execPath, program, ...args, '--progress', 'quiet'];
  const layout = `oci:${join(place, 'base')}:bookworm`;
  seconds({ argv: holdfast('base', 'bookworm', '-o', layout), env: cache('cache') });

  const storage = [
    `--root=${join(place, 'buildah')}`,
    `--runroot=${join(place, 'buildah-run')}`,
    '--storage-driver=overlay',
  ];
  const image = `containers-storage:[overlay@${join(place, 'buildah')}+${join(place, 'buildah-run')}]docker.io/library/debian:bookworm`;
  seconds({ argv: ['skopeo', 'copy', '--quiet', layout, image] });
  const buildah = [
    'buildah',
    ...storage,
    'bud',
    '--quiet',
    '--isolation',
    'chroot',
    '--no-cache',
    '--pull-never',
    '-t',
    'bench',
    context,
  ];

  const lock = join(context, 'holdfast.lock');
  const live = () => seconds({ argv: buildah, before: forgetRemovedFiles });
  const recording = sideBySide(
    'Recording (holdfast lock, nothing cached but the base) and buildah building live',
    runs,
    () =>
      seconds({
        argv: holdfast('lock', '--no-cache', context),
        env: cache('cache'),
        before: () => {
          rmSync(lock, { force: true });
          forgetRemovedFiles();
        },
      }),
    live,
  );
  let rebuilds = 0;
  const rebuild = sideBySide(
    'Rebuild from the lock with an empty cache, and buildah building live',
    runs,
    () =>
      seconds({
        argv: holdfast('build', '--locked', context),
        env: cache(`cache-rebuild-${++rebuilds}`),
        before: forgetRemovedFiles,
      }),
    live,
  );
  const nothing = Array.from({ length: 2 * runs + 1 }, () =>
    seconds({ argv: holdfast('build', '--locked', context), env: cache(`cache-rebuild-${rebuilds}`) }),
  );
  const unchanged = `Nothing changed (holdfast build)\n  holdfast ${nothing.map(value => value.toFixed(2)).join(' ')} s, median ${median(nothing).toFixed(2)} s\n`;
  return [pairText(recording), pairText(rebuild), unchanged];
}

/** The Dockerfile and 2,000 files, the same at each run. */
function makeContext(context: string): void {
  cpSync(join(import.meta.dirname, 'context'), context, { recursive: true });
  mkdirSync(join(context, 'files'), { recursive: true });
  for (let n = 0; n < 2000; n++) {
    const text = createHash('sha512')
      .update(String(n))
      .digest('hex')
      .repeat(1 + (n % 64));
    writeFileSync(join(context, 'files', `${n}.txt`), text);
  }
}
