import { hexOf, integrityError, staleError, type Digest, type HoldfastError } from '../core/index.ts';
import {
  type ArchiveInput,
  type Exchange,
  type Kind,
  type Recogniser,
  type Recognised,
  type RefusedExchange,
} from '../kinds/index.ts';
import type { Store } from '../store/index.ts';
import {
  bySection,
  inputSections,
  isPackageSection,
  lineName,
  lineText,
  type InputLine,
  type InputSection,
  type RecordedInput,
} from './lines.ts';
import type { Lock } from './lockfile.ts';
import type { ImageInput, Recording, StepRecording } from './recording.ts';

/**
 * The lock's lines for a recording. They are its summary for people and for downloaders. They become a part of it
 * and are held against the lock whenever that is used, so that working them out, which means reading package indexes
 * of many megabytes, is done once.
 */
export async function projectRecording(
  recording: Omit<Recording, 'inputs'>,
  kinds: readonly Kind[],
  store: Pick<Store, 'readBytes'>,
): Promise<RecordedInput[]> {
  const recognise = await exchangeRecogniser(recording, kinds, store);
  const inputs: RecordedInput[] = recording.images.map(image => ({
    section: 'image',
    line: imageLine(image),
  }));
  for (const step of recording.steps) inputs.push(...projectStep(step, recognise));
  return uniqueInputs(inputs);
}

/** What an exchange was, and to which kind; nothing where none claims it. */
type ExchangeRecogniser = (
  exchange: Exchange,
) => { readonly kind: Kind['name']; readonly what: Recognised } | undefined;

/** Reads what the kinds need of a recording's indexes, and then tells of each of its exchanges what it was. */
export async function exchangeRecogniser(
  { steps }: Pick<Recording, 'steps'>,
  kinds: readonly Kind[],
  store: Pick<Store, 'readBytes'>,
): Promise<ExchangeRecogniser> {
  const exchanges = steps.flatMap(step => step.exchanges);
  const readBody = (digest: Digest) => store.readBytes(digest);
  const recognisers: { kind: Kind['name']; recognise: Recogniser }[] = [];
  for (const kind of kinds)
    recognisers.push({ kind: kind.name, recognise: await kind.recogniser({ exchanges, readBody }) });
  return exchange => {
    for (const { kind, recognise } of recognisers) {
      const what = recognise(exchange);
      if (what) return { kind, what };
    }
    return undefined;
  };
}

function imageLine({ reference, platform, index, manifest, config, diffIds }: ImageInput): InputLine {
  return { reference, platform, ...(index && { index }), manifest, config, diffIds };
}

function projectStep(
  { step, exchanges, refused = [], unlocked = [] }: StepRecording,
  recognise: ExchangeRecogniser,
): RecordedInput[] {
  const taken = exchanges.flatMap(exchange =>
    linesOf(exchange, recognise).map(input => ({ ...input, step, url: exchange.key.url })),
  );
  const unseen = unlocked.map(one => ({ section: 'unlocked' as const, line: { ...one }, step }));
  return [...taken, ...refused.map(one => ({ ...unlockedLine(one), step, url: one.key.url })), ...unseen];
}

function linesOf(
  exchange: Exchange,
  recognise: ExchangeRecogniser,
): { section: InputSection; line: InputLine }[] {
  const found = recognise(exchange);
  return found ? recognisedLines(found.kind, found.what, exchange) : fileLines(exchange);
}

function recognisedLines(kind: Kind['name'], what: Recognised, exchange: Exchange) {
  switch (what.class) {
    case 'index':
      return what.archive === undefined ? [] : archiveLines(kind, what.archive, exchange);
    case 'commit':
      return bodiesOf(exchange).map(({ size, sha256 }) => ({
        section: 'git' as const,
        line: {
          url: what.url,
          commit: what.commit,
          ...(what.ref !== undefined && { ref: what.ref }),
          size,
          sha256,
        },
      }));
    case 'artefact':
      if (!isPackageSection(kind)) throw new TypeError(`the lock has no packages of the kind ${kind}`);
      return bodiesOf(exchange).map(({ size, sha256 }) => ({
        section: kind,
        line: {
          name: what.name,
          version: what.version,
          ...(what.architecture !== undefined && { architecture: what.architecture }),
          size,
          sha256,
          url: exchange.key.url,
        },
      }));
  }
}

function archiveLines(kind: string, { url, suite, date }: ArchiveInput, exchange: Exchange) {
  return bodiesOf(exchange).map(({ size, sha256 }) => ({
    section: 'archives' as const,
    line: { kind, url, suite, ...(date !== undefined && { date }), size, sha256 },
  }));
}

/** What is not locked has a reason code, so that a reader sees it and a configuration can allow it. */
function unlockedLine({ key: { url, method }, status }: RefusedExchange) {
  const line = { reason: 'GATEWAY_DENIED', url, ...(method !== 'GET' && { method }), status };
  return { section: 'unlocked' as const, line };
}

/** Everything that no kind claims: a download, a redirect, a 404 that a tool probes for. */
function fileLines({ key, responses }: Exchange): { section: InputSection; line: InputLine }[] {
  return responses.map(({ status, body }, n) => ({
    section: 'file',
    line: {
      url: key.url,
      ...(key.method !== 'GET' && { method: key.method }),
      ...(key.body && { body: hexOf(key.body) }),
      ...(responses.length > 1 && { answer: n + 1 }),
      ...(status !== 200 && { status }),
      ...(body && { size: body.size, sha256: hexOf(body.digest) }),
    },
  }));
}

/** What an answer of another status holds is a message for people. */
function bodiesOf({ responses }: Exchange): { size: number; sha256: string }[] {
  return responses.flatMap(({ status, body }) =>
    body && status === 200 ? [{ size: body.size, sha256: hexOf(body.digest) }] : [],
  );
}

function uniqueInputs(inputs: readonly RecordedInput[]): RecordedInput[] {
  const byText = new Map<string, RecordedInput>();
  for (const input of inputs) {
    const text = `${input.section} ${lineText(input.section, input.line)}`;
    if (!byText.has(text)) byText.set(text, input);
  }
  return [...byText.values()];
}

/** What several builds took is one line. */
export function inputsBySection(inputs: readonly RecordedInput[]): Lock['inputs'] {
  const unique = uniqueInputs(inputs);
  return bySection(section => unique.filter(input => input.section === section).map(({ line }) => line));
}

/**
 * What is wrong with a lock's lines, given what its recordings hold: a line that says something else (exit 4), a
 * line that is gone (exit 3), a line that nothing recorded (exit 4). Nothing where they agree.
 */
export function lockMismatch(
  lock: Lock,
  recorded: readonly RecordedInput[],
  file: string,
): HoldfastError | undefined {
  for (const section of inputSections) {
    const wanted = recorded.filter(input => input.section === section);
    const lines = lock.inputs[section];
    const recordedTexts = new Set(wanted.map(({ line }) => lineText(section, line)));
    const lockedTexts = new Set(lines.map(line => lineText(section, line)));
    const gone = wanted.find(({ line }) => !lockedTexts.has(lineText(section, line)));
    const strange = lines.filter(line => !recordedTexts.has(lineText(section, line)));
    const altered = strange[0];
    if (altered !== undefined)
      return alteredLine(section, nearest(altered, wanted, section) ?? altered, file);
    if (gone !== undefined) return missingLine(section, gone, file);
  }
  return undefined;
}

/** The recorded input that an altered line most likely was: the name itself may be what was altered. */
function nearest(
  line: InputLine,
  wanted: readonly RecordedInput[],
  section: InputSection,
): InputLine | undefined {
  const same = (other: InputLine) =>
    Object.keys(line).filter(name => String(other[name]) === String(line[name])).length;
  const named = wanted.filter(input => lineName(section, input.line) === lineName(section, line));
  const candidates = named.length > 0 ? named : wanted;
  return candidates.toSorted((a, b) => same(b.line) - same(a.line))[0]?.line;
}

function alteredLine(section: InputSection, line: InputLine, file: string): HoldfastError {
  return integrityError(
    'LOCK_ALTERED',
    `${file}: ${section} ${lineName(section, line)} is not what was recorded`,
    {
      next: 'Restore holdfast.lock from version control; only `holdfast lock` writes it.',
    },
  );
}

function missingLine(section: InputSection, { line, step, url }: RecordedInput, file: string): HoldfastError {
  const asked = step === undefined ? '' : ` (step ${step}: ${url ?? ''})`;
  return staleError('LOCK_MISSING_ENTRY', `${file} lacks ${section} ${lineName(section, line)}${asked}`, {
    next: 'Run `holdfast lock`, or restore holdfast.lock from version control.',
  });
}
