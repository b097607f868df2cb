import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { forgetRemovedFiles, median, pairText, sideBySide, usage, type Usage } from './measure.ts';

const program = join(import.meta.dirname, '..', 'bin', 'holdfast.js');

/** What a build costs beside what its steps do: small steps, cached steps, many files, a large one, a large base. */
export const stepParts = ['ten', 'cached', 'files', 'large', 'base'] as const;
type StepPart = (typeof stepParts)[number];

export function* benchSteps(place: string, runs: number, parts: readonly StepPart[]): Generator<string> {
  const env = { HOLDFAST_STORE: join(place, 'store'), HOLDFAST_CACHE: join(place, 'cache'), CI: '' };
  const run = (...args: string[]): Usage =>
    usage({ argv: [process.execPath, program, ...args, '--progress', 'quiet'], env });
  const layout = `oci:${join(place, 'base')}:bookworm`;
  run('base', 'bookworm', '-o', layout);
  const peer = buildahFrom(place, layout);
  const before = forgetRemovedFiles;
  for (const part of parts)
    switch (part) {
      case 'ten':
        yield* compared('Ten RUN and COPY steps', smallSteps(place, 'ten', 10), runs, { run, peer });
        break;
      case 'cached':
        yield* compared('A rebuild of thirty steps, all cached', smallSteps(place, 'thirty', 30), runs, {
          run,
          peer,
          cached: true,
        });
        break;
      case 'files':
        yield* compared('COPY of 50,000 small files', manyFiles(place), runs, { run, peer, before });
        break;
      case 'large':
        yield* compared('COPY of one file of 2 GB', largeFile(place), runs, { run, peer, before });
        break;
      case 'base':
        yield largeBase(place, runs, run);
    }
}

type Isolation = 'chroot' | 'oci';

interface Tools {
  readonly run: (...args: string[]) => Usage;
  readonly peer: (context: string, isolation: Isolation, cached: boolean) => Usage;
  readonly cached?: boolean;
  /** Undone before each run, untimed. */
  readonly before?: () => void;
}

/** Each beside buildah in both of its isolations. */
function* compared(what: string, context: string, runs: number, tools: Tools): Generator<string> {
  const { run, peer, cached = false, before = () => {} } = tools;
  run('lock', context);
  if (cached) peer(context, 'chroot', true);
  const peaks: number[] = [];
  const ours = () => {
    before();
    const { seconds, megabytes } = run('build', '--locked', ...(cached ? [] : ['--no-cache']), context);
    peaks.push(megabytes);
    return seconds;
  };
  for (const isolation of ['chroot', 'oci'] as const)
    yield pairText(
      sideBySide(`${what}; buildah --isolation ${isolation}`, runs, ours, () => {
        before();
        return peer(context, isolation, cached).seconds;
      }),
    );
  yield `  peak memory of holdfast ${Math.max(...peaks)} MB\n`;
}

function buildahFrom(place: string, layout: string): Tools['peer'] {
  const [root, runRoot] = [join(place, 'buildah'), join(place, 'buildah-run')];
  const image = `containers-storage:[overlay@${root}+${runRoot}]docker.io/library/debian:bookworm`;
  usage({ argv: ['skopeo', 'copy', '--quiet', layout, image] });
  const storage = [`--root=${root}`, `--runroot=${runRoot}`, '--storage-driver=overlay'];
  // Its own choice of runtime and network does not work on every machine.
  const own = { chroot: [], oci: ['--runtime', 'runc', '--network', 'none'] };
  // With layers, as Docker and Holdfast keep them: without, a second build has nothing to go by.
  return (context, isolation, cached) =>
    usage({
      argv: [
        'buildah',
        ...storage,
        'bud',
        '--quiet',
        '--layers',
        '--isolation',
        isolation,
        ...own[isolation],
        '--pull-never',
        ...(cached ? [] : ['--no-cache']),
        '-t',
        'bench',
        context,
      ],
    });
}

/** As many RUN as COPY steps, each of which makes a small file. */
function smallSteps(place: string, name: string, count: number, base?: string): string {
  const pairs = Array.from({ length: count / 2 }, (_, n) => n);
  const lines = pairs.map(n => `RUN echo ${n} > /run-${n}\nCOPY file-${n} /copied-${n}`);
  return contextOf(
    place,
    name,
    lines,
    pairs.map(n => [`file-${n}`, `${n}\n`]),
    base,
  );
}

function manyFiles(place: string): string {
  const files = Array.from({ length: 50_000 }, (_, n) => {
    const text = createHash('sha256').update(String(n)).digest('hex');
    return [`files/${n % 250}/${n}.txt`, text.repeat(1 + (n % 40))] as const;
  });
  return contextOf(place, 'many', ['COPY files /files'], files);
}

function largeFile(place: string): string {
  const context = contextOf(place, 'large', ['COPY large /large'], []);
  const file = openSync(join(context, 'large'), 'w');
  // Half of it compresses, as programs and data do.
  for (let n = 0; n < 2000; n++) {
    const noise = createHash('sha512').update(String(n)).digest();
    writeSync(file, n % 2 === 0 ? Buffer.alloc(1_000_000, noise) : noiseOf(n));
  }
  closeSync(file);
  return context;
}

function noiseOf(seed: number): Buffer {
  return createHash('shake256', { outputLength: 1_000_000 }).update(String(seed)).digest();
}

function contextOf(
  place: string,
  name: string,
  lines: readonly string[],
  files: readonly (readonly [string, string])[],
  base = 'debian:bookworm',
): string {
  const context = join(place, name);
  for (const directory of new Set(files.map(([path]) => join(context, path, '..'))))
    mkdirSync(directory, { recursive: true });
  mkdirSync(context, { recursive: true });
  for (const [path, text] of files) writeFileSync(join(context, path), text);
  writeFileSync(join(context, 'Dockerfile'), `FROM ${base}\n${lines.join('\n')}\n`);
  return context;
}

/**
 * Ten steps, and thirty, on the plain base and on one of five layers more with 20,000 files each. What a step costs,
 * a twentieth of the difference, must not grow with the base; what is done once for a build may.
 */
function largeBase(place: string, runs: number, run: Tools['run']): string {
  const maker = contextOf(
    place,
    'base-maker',
    Array.from({ length: 5 }, (_, n) => `RUN mkdir /big-${n} && cd /big-${n} && seq 20000 | xargs touch`),
    [],
  );
  run('lock', maker);
  run('build', '--locked', maker, '-t', 'big:1');
  const timesOn = (base: string, name: string) => {
    const [ten, thirty] = [10, 30].map(count => {
      const context = smallSteps(place, `${name}-${count}`, count, base);
      run('lock', context);
      return median(
        Array.from({ length: 2 * runs + 1 }, () => run('build', '--locked', '--no-cache', context).seconds),
      );
    }) as [number, number];
    return { ten, thirty, step: (thirty - ten) / 20 };
  };
  const [plain, large] = [timesOn('debian:bookworm', 'on-plain'), timesOn('big:1', 'on-large')];
  const line = (name: string, { ten, thirty, step }: typeof plain) =>
    `  ${name}: ten steps ${ten.toFixed(2)} s, thirty ${thirty.toFixed(2)} s, one ${(step * 1000).toFixed(0)} ms\n`;
  return `Steps on a base with 100,000 files more\n${line('plain base', plain)}${line('large base', large)}  ratio of one step ${(large.step / plain.step).toFixed(2)}\n`;
}
