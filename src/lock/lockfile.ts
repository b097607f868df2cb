import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import {
  canonicalJson,
  integrityError,
  isDigest,
  messageOf,
  sha256,
  staleError,
  usageError,
  HoldfastError,
  type Digest,
  type Json,
} from '../core/index.ts';
import type { KindName } from '../kinds/index.ts';
import { canonicalSections } from './canonical-lines.ts';
import { compareText } from './text-order.ts';
import { bySection, inputSections, lineText, type InputLine, type InputSection } from './lines.ts';

/** One image that the lock builds. In the file, a `seal` over its members
 * and the lock's date keeps a bit of them from turning unnoticed. */
export interface BuildEntry {
  /** The service of a compose project whose image this is: a lock has one for each, and each platform of it. */
  readonly service?: string | undefined;
  /** Path from the lock's directory, with `/`: for a service's Dockerfile in a compose file, and for an image, that file's. */
  readonly dockerfile: string;
  readonly target?: string | undefined;
  readonly platform: string;
  readonly args?: Readonly<Record<string, string>> | undefined;
  /** The frontend that the Dockerfile names; it is never run, so it decides nothing. */
  readonly syntax?: string | undefined;
  /** Over the parsed Dockerfile and whatever else steers what a build asks for. */
  readonly checksum: Digest;
  /** Over the files of the context that the build copies. */
  readonly context: Digest;
  readonly recording: Digest;
  /** Digest of the manifest of the image that this lock builds. */
  readonly image: Digest;
  /** Where files lost their owners: then the image is another one than that of other sandboxes. */
  readonly isolation?: 'single-id' | undefined;
}

/** The frontend that a build names, and the digest that its name stood for where the lock has one. */
export function frontendOfBuild({
  syntax,
}: Pick<BuildEntry, 'syntax'>): { readonly reference: string; readonly manifest?: string } | undefined {
  if (syntax === undefined) return undefined;
  const [reference = '', manifest] = syntax.split('@');
  return { reference, ...(manifest !== undefined && { manifest }) };
}

/** RFC 3339, UTC, whole seconds, by kind. */
export type MovedKinds = Readonly<Partial<Record<KindName, string>>>;

/** `holdfast.lock` in memory (DESIGN 4). */
export interface Lock {
  readonly version: 1;
  /** RFC 3339, UTC, whole seconds. */
  readonly asOf: string;
  /** Kinds that an update moved alone, and the date to which: what is new of them is as of that date. */
  readonly moved?: MovedKinds | undefined;
  readonly builds: readonly BuildEntry[];
  readonly inputs: Readonly<Record<InputSection, readonly InputLine[]>>;
}

const digest = z.custom<Digest>(isDigest, 'not a sha256 digest');
const value = z.union([z.string(), z.number(), z.array(z.string())]);
const line = z.record(z.string(), value);
const buildSchema = z.strictObject({
  service: z.string().optional(),
  dockerfile: z.string(),
  target: z.string().optional(),
  platform: z.string(),
  args: z.record(z.string(), z.string()).optional(),
  syntax: z.string().optional(),
  checksum: digest,
  context: digest,
  recording: digest,
  image: digest,
  isolation: z.literal('single-id').optional(),
  seal: digest,
});
const lockSchema = z.strictObject({
  version: z.literal(1),
  asOf: z.iso.datetime(),
  moved: z.record(z.string(), z.iso.datetime()).optional(),
  builds: z.array(buildSchema),
  ...bySection(() => z.array(line).nullish()),
});

const header = `\
# holdfast.lock: all that these builds take from outside, one input a line.
# Written by \`holdfast lock\`; commit it, and let nothing else change it.
`;

/** The file's text: equal locks give equal bytes. */
export function formatLock(lock: Lock): string {
  const builds = lock.builds.toSorted((a, b) => compareText(buildKey(a), buildKey(b)));
  const sections = inputSections
    .filter(section => lock.inputs[section].length > 0)
    .map(section => {
      const lines = lock.inputs[section].map(input => lineText(section, input)).toSorted(compareText);
      return `\n${section}:\n${lines.map(text => `  - ${text}\n`).join('')}`;
    });
  const moved = hasMoved(lock) ? `moved: ${canonicalJson(lock.moved as Json)}\n` : '';
  return `${header}version: 1\nasOf: ${JSON.stringify(lock.asOf)}\n${moved}builds:\n${builds.map(build => buildText(build, lock)).join('')}${sections.join('')}`;
}

const hasMoved = ({ moved }: Dates): boolean => moved !== undefined && Object.keys(moved).length > 0;

type Dates = Pick<Lock, 'asOf' | 'moved'>;

function buildText(build: BuildEntry, dates: Dates): string {
  const { service, dockerfile, target, platform, args, syntax } = build;
  const { checksum, context, recording, image, isolation } = build;
  const members: [string, Json | undefined][] = [
    ['service', service],
    ['dockerfile', dockerfile],
    ['target', target],
    ['platform', platform],
    ['args', args === undefined || Object.keys(args).length === 0 ? undefined : args],
    ['syntax', syntax],
    ['checksum', checksum],
    ['context', context],
    ['recording', recording],
    ['image', image],
    ['isolation', isolation],
    ['seal', sealOf(build, dates)],
  ];
  const present = members.filter(([, member]) => member !== undefined);
  return present
    .map(([name, member], n) => `${n === 0 ? '  - ' : '    '}${name}: ${canonicalJson(member as Json)}\n`)
    .join('');
}

function sealOf(build: BuildEntry, dates: Dates): Digest {
  const { service, dockerfile, target, platform, args = {}, syntax, checksum, context } = build;
  const { recording, image, isolation } = build;
  const given = { service, dockerfile, target, platform, args, syntax, checksum, context };
  const { asOf, moved } = dates;
  const kinds = hasMoved(dates) && { moved: moved as Json };
  return sha256(canonicalJson({ asOf, ...kinds, ...given, recording, image, isolation }));
}

/** What tells the builds of one lock apart. How a service's image is built is the compose file's to say. */
export function buildKey(
  build: Pick<BuildEntry, 'service' | 'dockerfile' | 'target' | 'platform' | 'args'>,
): string {
  const { service, dockerfile, target, platform, args = {} } = build;
  if (service !== undefined) return canonicalJson(['service', service, platform]);
  return canonicalJson([dockerfile, target ?? '', platform, args]);
}

/**
 * Reads `holdfast.lock`. `file` is for messages.
 * @throws HoldfastError LOCK_VERSION (2), LOCK_CONFLICT (3), LOCK_INVALID, LOCK_ALTERED (4)
 */
export function parseLock(text: string, file: string): Lock {
  if (/^(<{7}|={7}|>{7})/m.test(text)) throw conflicted(file);
  return parsedFast(text, file) ?? parsedWhole(text, file);
}

/** A lock that is as this program writes it, byte for byte; nothing for any other, which is then read as the YAML it is. */
function parsedFast(text: string, file: string): Lock | undefined {
  const found = canonicalSections(text);
  if (found === undefined) return undefined;
  try {
    const lock = parsedWhole(found.head, file);
    const read = { ...lock, inputs: bySection(section => found.sections[section] ?? []) };
    return formatLock(read) === text ? read : undefined;
  } catch (error) {
    if (error instanceof HoldfastError) return undefined;
    throw error;
  }
}

function parsedWhole(text: string, file: string): Lock {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', uniqueKeys: true });
  const [error] = document.errors;
  if (error)
    throw invalid(file, lines.linePos(error.pos[0]).line, error.message.split('\n')[0] ?? 'not YAML');
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 0 });
  } catch (thrown) {
    throw invalid(file, 1, messageOf(thrown));
  }
  const version = z.object({ version: z.unknown() }).safeParse(plain).data?.version;
  if (version !== 1) {
    throw usageError('LOCK_VERSION', `${file} has version ${String(version)}; this program knows version 1`, {
      next: 'Use a newer Holdfast, or restore the file from version control.',
    });
  }
  const read = lockSchema.safeParse(plain);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalid(
      file,
      lines.linePos(offsetOf(document, issue?.path ?? [])).line,
      `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
    );
  }
  const { asOf, moved, builds, version: _version, ...sections } = read.data;
  return {
    version: 1,
    asOf,
    ...(moved && { moved }),
    builds: builds.map(build => sealed(build, { asOf, moved }, file)),
    inputs: bySection(section => sections[section] ?? []),
  };
}

/** Where the innermost node begins that a path leads to and that the file has. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function sealed({ seal, ...build }: z.infer<typeof buildSchema>, dates: Dates, file: string): BuildEntry {
  if (sealOf(build, dates) === seal) return build;
  throw integrityError(
    'LOCK_ALTERED',
    `${file}: the build of ${build.service ?? build.dockerfile} is not what its seal was put on`,
    {
      next: 'Restore holdfast.lock from version control; only `holdfast lock` writes it.',
    },
  );
}

function invalid(file: string, lineNumber: number, why: string): HoldfastError {
  return integrityError('LOCK_INVALID', `${file} is damaged: ${why}`, {
    next: 'Restore holdfast.lock from version control; only `holdfast lock` writes it.',
    where: { file, line: lineNumber },
  });
}

function conflicted(file: string): HoldfastError {
  return staleError('LOCK_CONFLICT', `${file} holds conflict markers of a merge`, {
    next: 'Take either side (`git checkout --ours holdfast.lock`), then run `holdfast lock`.',
  });
}
