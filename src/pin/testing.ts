import { sha256, type Digest } from '../core/index.ts';
import { canonicalInstruction, parseDockerfile } from '../dockerfile/index.ts';
import { inputsBySection, type InputLine, type InputSection, type Recording } from '../lock/index.ts';
import { pinDockerfile } from './pin-dockerfile.ts';
import type { PinRequest, PinResult } from './result.ts';

/** What the steps of a Dockerfile took: `file` and `git` by URL, packages by name and version. */
export interface Took {
  readonly section: InputSection;
  readonly line: InputLine;
  /** An answer in place of the bytes that the line tells of. */
  readonly redirect?: string;
}

export const asOf = '2026-11-01T12:00:00Z';

export function aPackage(section: InputSection, name: string, version: string, more: InputLine = {}): Took {
  const url = `https://mirror.test/${section}/${name}-${version}${section === 'pypi' ? '.whl' : ''}`;
  return { section, line: { name, version, size: 1, sha256: hex(`${name} ${version}`), url, ...more } };
}

export function aFile(url: string, content: string): Took {
  return { section: 'file', line: { url, size: content.length, sha256: hex(content) } };
}

export function aRedirect(url: string, redirect: string): Took {
  return { section: 'file', line: { url, status: 302 }, redirect };
}

export function anArchive(url: string, origin: string, label = origin): Took {
  const release = releaseText(origin, label);
  const line = { kind: 'apt', url, suite: 'stable', size: release.length, sha256: hex(release) };
  return { section: 'archives', line };
}

export function hex(content: string): string {
  return sha256(content).slice('sha256:'.length);
}

function releaseText(origin: string, label: string): string {
  return `Origin: ${origin}\nLabel: ${label}\nDate: Sun, 01 Nov 2026 00:00:00 UTC\nSHA256:\n`;
}

/** A recording in which the n-th RUN of the text took the n-th list. */
export function recordingOf(text: string, took: readonly (readonly Took[])[]): Recording {
  let run = 0;
  const { stages } = parseDockerfile(text, 'Dockerfile');
  const steps = stages.flatMap(({ index, instructions }) =>
    instructions.flatMap((instruction, ordinal) => {
      if (instruction.keyword !== 'RUN') return [];
      const exchanges = (took[run++] ?? []).map(one => exchangeOf(one));
      const command = sha256(canonicalInstruction(instruction));
      return exchanges.length === 0 ? [] : [{ step: `${index}/${ordinal}`, command, exchanges }];
    }),
  );
  const inputs = took.flat().map(({ section, line }) => ({ section, line, url: urlOf({ section, line }) }));
  return { version: 1, asOf, images: [], steps, inputs };
}

function urlOf({ section, line }: Took): string {
  return section === 'archives' ? `${String(line['url'])}dists/stable/InRelease` : String(line['url']);
}

function exchangeOf(took: Took) {
  const { line, redirect } = took;
  const digest = `sha256:${String(line['sha256'])}` as Digest;
  return {
    key: { method: 'GET', url: urlOf(took), vary: {} },
    responses: [
      redirect === undefined
        ? { status: 200, headers: [], body: { digest, size: Number(line['size']) } }
        : { status: 302, headers: [['location', redirect] as const] },
    ],
  };
}

export interface Surroundings extends Partial<Omit<PinRequest, 'text' | 'context'>> {
  readonly files?: Readonly<Record<string, string>>;
  readonly ignored?: readonly string[];
  /** Lines of the lock for images and what else no RUN takes. */
  readonly others?: readonly Took[];
  /** By digest in hex. */
  readonly blobs?: readonly string[];
}

/** Pins a text whose RUNs took these inputs. */
export async function pinnedText(
  text: string,
  took: readonly (readonly Took[])[] = [],
  surroundings: Surroundings = {},
): Promise<PinResult> {
  return pinDockerfile(requestFor(text, took, surroundings));
}

export function requestFor(
  text: string,
  took: readonly (readonly Took[])[],
  { files = {}, ignored = [], others = [], blobs = [], ...rest }: Surroundings = {},
): PinRequest {
  const recording = recordingOf(text, took);
  const known = new Map(
    [...blobs, ...['Debian', 'Debian Ports', 'Ubuntu', 'Other'].map(name => releaseText(name, name))].map(
      one => [sha256(one), one],
    ),
  );
  return {
    text,
    file: 'Dockerfile',
    lock: { asOf, builds: [], inputs: inputsBySection([...recording.inputs, ...others]) },
    recordings: [recording],
    context: {
      read: path => (Object.hasOwn(files, path) ? Buffer.from(files[path] ?? '') : undefined),
      isIgnored: path => ignored.includes(path),
      directory: '',
      prefix: '',
    },
    readBytes: async digest => {
      const blob = known.get(digest);
      if (blob === undefined) throw new Error(`no blob ${digest}`);
      return Buffer.from(blob);
    },
    pins: true,
    vendored: false,
    ...rest,
  };
}

/** Pins, and again what came out: that must change nothing, whether the lock is of the pinned text or of the first. */
export async function pinnedTwice(
  text: string,
  took: readonly (readonly Took[])[] = [],
  surroundings: Surroundings = {},
): Promise<PinResult> {
  const once = await pinnedText(text, took, surroundings);
  const files = {
    ...surroundings.files,
    ...Object.fromEntries(once.files.map(({ path, bytes }) => [path, bytes.toString()])),
  };
  const first = requestFor(text, took, { ...surroundings, files });
  const again = [
    await pinDockerfile({ ...first, text: once.text }),
    await pinnedText(once.text, took, { ...surroundings, files }),
  ];
  for (const twice of again) {
    if (twice.text !== once.text) throw new Error(`pinned twice:\n${once.text}\n---\n${twice.text}`);
    for (const { path, bytes } of twice.files)
      if (bytes.toString() !== files[path]) throw new Error(`${path} is another file when pinned twice`);
  }
  return once;
}

/** The RUN of a Dockerfile with nothing else in it. */
export async function pinnedRun(
  run: string,
  took: readonly Took[],
  surroundings: Surroundings = {},
): Promise<string> {
  const { text } = await pinnedTwice(`FROM scratch\nRUN ${run}\n`, [took], surroundings);
  return text.slice('FROM scratch\n'.length).replace(/^RUN /, '').trimEnd();
}
