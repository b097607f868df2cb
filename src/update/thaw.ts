import { usageError } from '../core/index.ts';
import type { ThawedAnswers } from '../build/index.ts';
import { keyText, kinds, type Exchange, type KindName, type Recognised } from '../kinds/index.ts';
import { exchangeRecogniser, type ImageInput, type Recording, type StepRecording } from '../lock/index.ts';
import type { Store } from '../store/index.ts';
import { normalisedName, sameName } from './names.ts';
import { movesAlone, movesByPinning, type Selection } from './selection.ts';

/** A recording out of which some answers were taken, so that they are asked for anew. */
export interface ThawedRecording {
  /** Without the images that move, and without the steps that took something that moves: these must run. */
  readonly recording: Recording;
  readonly answers: ThawedAnswers;
  /** The names of the selection that were found. */
  readonly found: ReadonlySet<string>;
  /** Of these the packages of a distribution: its indexes stay, and they are offered beside them. */
  readonly alone: ReadonlySet<string>;
  /** Names of the selection that are held all the same, by the kind's own rules or its kind, and the hold's name. */
  readonly refused: ReadonlyMap<string, string>;
  /** Packages of a distribution that are held while all else of it moves. */
  readonly heldBack: ReadonlySet<string>;
}

interface Recognition {
  readonly kind: KindName;
  readonly what?: Recognised | undefined;
}

/**
 * Takes out of a recording what a selection names. Redirects and missing files that no kind claims go with the kind
 * whose server gave them.
 * @throws HoldfastError UPDATE_WHOLE (exit 2) for one package of a distribution
 */
export async function thaw(
  recording: Recording,
  selection: Selection,
  store: Pick<Store, 'readBytes'>,
): Promise<ThawedRecording> {
  const recognise = await exchangeRecogniser(recording, kinds, store);
  const kindOf = (exchange: Exchange): Recognition => recognise(exchange) ?? { kind: 'file' };
  const found = new Set<string>();
  const alone = new Set<string>();
  const heldBack = new Set<string>();
  const refused = new Map<string, string>();
  const live = new Set<KindName>(selection.kinds);
  const moves = (exchange: Exchange): boolean => {
    const { kind, what } = kindOf(exchange);
    const names = [...selection.names].filter(name => isNamed(name, kind, what, exchange));
    const held = [...selection.held].find(name => name === kind || isNamed(name, kind, what, exchange));
    if (held !== undefined) {
      for (const name of names) refused.set(name, held);
      if (selection.kinds.has(kind) && movesByPinning(kind)) heldBack.add(held);
      else if (selection.kinds.has(kind)) refuseApart(held, kind, true);
      return false;
    }
    for (const name of names) found.add(name);
    if (names.length > 0 && !selection.kinds.has(kind) && !movesAlone(kind)) {
      if (!movesByPinning(kind)) refuseApart(names[0] ?? '', kind);
      for (const name of names) alone.add(name);
      return false;
    }
    if (names.length > 0) live.add(kind);
    return names.length > 0 || selection.kinds.has(kind);
  };
  const exchanges = recording.steps.flatMap(step => step.exchanges);
  const moving = new Set(exchanges.filter(moves));
  const servers = new Set([...moving].map(({ key }) => new URL(key.url).origin));
  for (const exchange of exchanges)
    if (isDetour(exchange, kindOf(exchange)) && servers.has(new URL(exchange.key.url).origin))
      moving.add(exchange);

  const stays = ({ reference }: ImageInput) => {
    if (selection.names.has(reference)) found.add(reference);
    if (selection.names.has(reference) && selection.held.has('image')) refused.set(reference, 'image');
    return selection.held.has(reference) || !(selection.kinds.has('image') || selection.names.has(reference));
  };
  const touched = (step: StepRecording) => step.exchanges.some(exchange => moving.has(exchange));
  return {
    recording: {
      ...recording,
      images: recording.images.filter(stays),
      steps: recording.steps.filter(step => !touched(step)),
    },
    answers: {
      kept: recording.steps
        .filter(touched)
        .flatMap(step => step.exchanges)
        .filter(exchange => !moving.has(exchange)),
      kinds: live,
    },
    found,
    alone,
    refused,
    heldBack,
  };
}

/** An answer that leads elsewhere or nowhere. */
function isDetour({ responses }: Exchange, { what }: Recognition): boolean {
  return what === undefined && responses.every(({ status }) => status !== 200);
}

function isNamed(name: string, kind: KindName, what: Recognised | undefined, { key }: Exchange): boolean {
  if (what === undefined) return key.url === name;
  switch (what.class) {
    case 'artefact':
      return sameName(kind, what.name, name);
    case 'commit':
      return what.url === name;
    case 'index':
      return movesAlone(kind) && asksFor(key.url, name, kind);
  }
}

/** Whether the path of an index names the package: a segment, or several of them (`@scope/name`, `example.org/module`). */
export function asksFor(url: string, name: string, kind: KindName): boolean {
  const path = `${decoded(new URL(url).pathname)}/`.replace(/(?:~dev)?\.json\/$/, '/');
  return normalisedName(kind, path).includes(normalisedName(kind, `/${name}/`));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Why a part of a kind's distribution neither moves nor stays alone. */
const reasons: Readonly<Partial<Record<KindName, string>>> = {
  apk: 'apk takes nothing from an index that no key of the image signed, and so cannot be offered one package beside it',
  rpm: 'rpm’s clients choose among repositories each in its own way, so that none beside those of the lock wins with all of them',
};

function refuseApart(name: string, kind: KindName, isHeld = false): void {
  if (movesAlone(kind)) return;
  throw usageError(
    'UPDATE_WHOLE',
    `${name} is a package of a distribution, which moves or stays as a whole: ${reasons[kind] ?? kind}`,
    {
      next: isHeld
        ? `Hold all of it: \`holdfast hold ${kind}\`; or write the version into the Dockerfile, and release ${name}.`
        : `Name all of it: --only ${kind}.`,
    },
  );
}

/**
 * Adds the answers by which packages of a distribution move alone: whatever step asked its archives runs again, with
 * what it was answered before and these beside.
 */
export async function withAlone(
  thawed: ThawedRecording,
  answers: readonly Exchange[],
  store: Pick<Store, 'readBytes'>,
): Promise<ThawedRecording> {
  if (answers.length === 0) return thawed;
  const recognise = await exchangeRecogniser(thawed.recording, kinds, store);
  const asked = (step: StepRecording) =>
    step.exchanges.some(exchange => movesByPinning(recognise(exchange)?.kind ?? 'file'));
  const replaced = new Set(answers.map(({ key }) => keyText(key)));
  const kept = thawed.recording.steps.filter(asked).flatMap(step => step.exchanges);
  return {
    ...thawed,
    recording: { ...thawed.recording, steps: thawed.recording.steps.filter(step => !asked(step)) },
    answers: {
      ...thawed.answers,
      kept: [
        ...answers,
        ...[...thawed.answers.kept, ...kept].filter(({ key }) => !replaced.has(keyText(key))),
      ],
    },
  };
}
