import { lineOf, packetsOf } from './pkt-line.ts';

/** A ref as a server advertises it. */
export interface AdvertisedRef {
  /** Whole, like `refs/heads/main`, or `HEAD`. */
  readonly name: string;
  /** What it names: the commit under an annotated tag, not the tag. */
  readonly commit: string;
  /** Of a symbolic ref: the ref that it stands for. */
  readonly target?: string | undefined;
}

const oidPattern = '[0-9a-f]{40}|[0-9a-f]{64}';
const refLine = new RegExp(`^(${oidPattern}) ([^ ]+)((?: [^ ]+)*)$`);

/**
 * The refs in an answer to `GET info/refs?service=git-upload-pack`: gitprotocol-http, "Smart Server Response".
 * Version 2 names none there. Nothing where the answer is something else.
 */
export function refsOfInfo(body: Buffer): AdvertisedRef[] | undefined {
  const packets = packetsOf(body);
  if (packets === undefined) return undefined;
  const lines = packets.flatMap(packet => (packet.kind === 'data' ? [lineOf(packet.payload)] : []));
  if (lines[0] === '# service=git-upload-pack') lines.shift();
  if (lines[0] === 'version 2') return [];
  if (lines[0] === 'version 1') lines.shift();
  const [first, capabilities = ''] = (lines[0] ?? '').split('\0');
  if (first === undefined || first === '') return undefined;
  const targets = new Map(
    capabilities.split(' ').flatMap(word => {
      const [, from, to] = /^symref=([^:]+):(.+)$/.exec(word) ?? [];
      return from === undefined || to === undefined ? [] : [[from, to] as const];
    }),
  );
  return peeledRefs([first, ...lines.slice(1)], targets);
}

/** Versions 0 and 1 have the commit under an annotated tag in a line of its own, whose name ends in `^{}`. */
function peeledRefs(
  lines: readonly string[],
  targets: ReadonlyMap<string, string>,
): AdvertisedRef[] | undefined {
  const refs = new Map<string, AdvertisedRef>();
  for (const line of lines) {
    if (line.startsWith('shallow ')) continue;
    const [, oid, word = ''] = refLine.exec(line) ?? [];
    if (oid === undefined) return undefined;
    const name = word.replace(/\^\{\}$/, '');
    // An empty repository has capabilities to tell of and no ref to tell them with.
    if (name !== 'capabilities') refs.set(name, { name, commit: oid, target: targets.get(name) });
  }
  return [...refs.values()];
}

/** A line of an answer to `ls-refs`, or of a fetch's `wanted-refs`: gitprotocol-v2. */
export function refOfLine(line: string): AdvertisedRef | undefined {
  const [, oid, name, attributes = ''] = refLine.exec(line) ?? [];
  if (oid === undefined || name === undefined) return undefined;
  const words = attributes.split(' ');
  const valueOf = (key: string) => words.find(word => word.startsWith(key))?.slice(key.length);
  return { name, commit: valueOf('peeled:') ?? oid, target: valueOf('symref-target:') };
}
