import { canonicalJson, sha256, type Digest, type Json } from '../core/index.ts';
import { keyText, type Exchange, type ExchangeKey, type KindName } from '../kinds/index.ts';
import {
  imageKey,
  sortedExchanges,
  type ImageInput,
  type MovedKinds,
  type Recording,
  type StepRecording,
} from '../lock/index.ts';

/** How a build treats a request that its recording does not hold: refuse it, or ask upstream. */
export type BuildMode = 'replay' | 'extend';

export interface LedgerOptions {
  /** What the same lock recorded for its other builds: they share its date, and so what they were answered. */
  readonly others?: readonly Recording[] | undefined;
  /** Unix seconds, where it is not the lock's date that the image's files and configuration bear. */
  readonly sourceDate?: number | undefined;
  /** What kinds were moved to by an update of them alone. */
  readonly moved?: MovedKinds | undefined;
  /** For an update. */
  readonly thawed?: ThawedAnswers | undefined;
}

/** An update under way: some answers of the lock are no longer given, so that upstream is asked. */
export interface ThawedAnswers {
  /** Answers that stay, of steps whose others do not. */
  readonly kept: readonly Exchange[];
  /** What is new of these kinds is as it is now, or as `asOf` says. */
  readonly kinds: ReadonlySet<KindName>;
  /** RFC 3339: to which date what is thawed moves; now, where this is left out. */
  readonly asOf?: ((kind: KindName) => string | undefined) | undefined;
  /** What is asked for as it is now all the same. */
  readonly isExempt?: ((kind: KindName, url: string) => boolean) | undefined;
}

/**
 * What the lock's recording says that a build took from outside, and what this run of it takes. In `extend` mode a
 * step is found again by its text when others were put before it, and a request by its key wherever it was made.
 */
export class Ledger {
  readonly mode: BuildMode;
  readonly asOf: string;
  /** Unix seconds: no file in the image is newer. */
  readonly sourceDate: number;
  /** The recording of this very build first. */
  readonly #previous: readonly Recording[];
  readonly #byKey = new Map<string, Exchange>();
  readonly #steps = new Map<string, StepRecording>();
  readonly #images = new Map<string, ImageInput>();
  readonly #moved: MovedKinds;
  readonly #thawed: ThawedAnswers | undefined;

  constructor(
    mode: BuildMode,
    asOf: string,
    previous: Recording | undefined,
    { others = [], sourceDate, moved = {}, thawed }: LedgerOptions = {},
  ) {
    this.mode = mode;
    this.asOf = asOf;
    this.sourceDate = sourceDate ?? Math.floor(Date.parse(asOf) / 1000);
    this.#previous = [...(previous ? [previous] : []), ...(mode === 'extend' ? others : [])];
    this.#moved = moved;
    this.#thawed = thawed;
    const held = this.#previous.flatMap(({ steps }) => steps).flatMap(({ exchanges }) => exchanges);
    for (const exchange of [...held, ...(thawed?.kept ?? [])]) {
      const text = keyText(exchange.key);
      if (!this.#byKey.has(text)) this.#byKey.set(text, exchange);
    }
  }

  /** The date as of which new requests of a kind are answered, RFC 3339; nothing where that is now. */
  dateOf(kind: KindName): string | undefined {
    return this.#thawed?.kinds.has(kind) === true
      ? this.#thawed.asOf?.(kind)
      : (this.#moved[kind] ?? this.asOf);
  }

  /** Whether upstream's present answer is the right one, whatever the kind's date. */
  isExempt(kind: KindName, url: string): boolean {
    return this.#thawed?.isExempt?.(kind, url) === true;
  }

  /** Whether some answers come from a lock, so that their age is no sign of an attack. */
  get hasPrevious(): boolean {
    return this.#previous.length > 0;
  }

  /** Whether a lock holds this very answer to a request. */
  holds(exchange: Exchange): boolean {
    const held = this.#byKey.get(keyText(exchange.key));
    return (
      held !== undefined &&
      canonicalJson(held as unknown as Json) === canonicalJson(exchange as unknown as Json)
    );
  }

  /** The answers that a lock holds under some URLs. */
  held(wanted: (url: string) => boolean): Exchange[] {
    return [...this.#byKey.values()].filter(({ key }) => wanted(key.url));
  }

  /** RFC 3339: what the configuration and its history bear. */
  get created(): string {
    return new Date(this.sourceDate * 1000).toISOString().replace('.000Z', 'Z');
  }

  image(reference: string, platform: string): ImageInput | undefined {
    return this.#find(image => imageKey(image) === imageKey({ reference, platform }));
  }

  /** The index that a reference was locked to for whatever platform, to find the image of another one in. */
  indexOf(reference: string): Digest | undefined {
    return this.#find(image => image.reference === reference && image.index !== undefined)?.index;
  }

  #find(matches: (image: ImageInput) => boolean): ImageInput | undefined {
    return this.#previous.flatMap(({ images }) => images).find(matches);
  }

  tookImage(image: ImageInput): void {
    this.#images.set(imageKey(image), image);
  }

  /** What the step took when it was recorded; nothing where it is new. A step that took nothing has no exchanges. */
  recordedStep(step: string, command: Digest): StepRecording | undefined {
    if (!this.hasPrevious) return undefined;
    const steps = this.#previous.flatMap(recording => recording.steps);
    const same = steps.filter(recorded => recorded.command === command);
    const found =
      same.find(recorded => recorded.step === step) ?? (this.mode === 'extend' ? same[0] : undefined);
    return found ?? (this.mode === 'replay' ? { step, command, exchanges: [] } : undefined);
  }

  /** The recorded answers to a request of a step. */
  answersFor(recorded: StepRecording | undefined): (key: ExchangeKey) => Exchange | undefined {
    const own = new Map(recorded?.exchanges.map(exchange => [keyText(exchange.key), exchange]));
    return key => {
      const text = keyText(key);
      return own.get(text) ?? (this.mode === 'extend' ? this.#byKey.get(text) : undefined);
    };
  }

  tookStep(step: StepRecording): void {
    this.#steps.set(step.step, step);
  }

  recording(): Omit<Recording, 'inputs'> {
    return {
      version: 1,
      asOf: this.asOf,
      images: [...this.#images.values()],
      steps: [...this.#steps.values()],
    };
  }
}

/** What a step's result depends on, as far as it comes from the network. */
export function exchangesDigest(exchanges: readonly Exchange[]): Digest {
  return sha256(canonicalJson(sortedExchanges(exchanges) as unknown as Json));
}
