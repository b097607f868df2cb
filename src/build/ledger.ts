import { canonicalJson, sha256, type Digest, type Json } from '../core/index.ts';
import { keyText, type Exchange, type ExchangeKey } from '../kinds/index.ts';
import {
  imageKey,
  sortedExchanges,
  type ImageInput,
  type Recording,
  type StepRecording,
} from '../lock/index.ts';

/** How a build treats a request that its recording does not hold: refuse it, or ask upstream. */
export type BuildMode = 'replay' | 'extend';

/**
 * What the lock's recording says that a build took from outside, and what this run of it takes. In `extend` mode a
 * step is found again by its text when others were put before it, and a request by its key wherever it was made.
 */
export class Ledger {
  readonly mode: BuildMode;
  readonly asOf: string;
  readonly #previous: Recording | undefined;
  readonly #byKey = new Map<string, Exchange>();
  readonly #steps = new Map<string, StepRecording>();
  readonly #images = new Map<string, ImageInput>();

  constructor(mode: BuildMode, asOf: string, previous: Recording | undefined) {
    this.mode = mode;
    this.asOf = asOf;
    this.#previous = previous;
    for (const { exchanges } of previous?.steps ?? []) {
      for (const exchange of exchanges) {
        const text = keyText(exchange.key);
        if (!this.#byKey.has(text)) this.#byKey.set(text, exchange);
      }
    }
  }

  /** Whether some answers come from a lock, so that their age is no sign of an attack. */
  get hasPrevious(): boolean {
    return this.#previous !== undefined;
  }

  /** Whether a lock holds this very answer to a request. */
  holds(exchange: Exchange): boolean {
    const held = this.#byKey.get(keyText(exchange.key));
    return (
      held !== undefined &&
      canonicalJson(held as unknown as Json) === canonicalJson(exchange as unknown as Json)
    );
  }

  /** Unix seconds. */
  get sourceDate(): number {
    return Math.floor(Date.parse(this.asOf) / 1000);
  }

  image(reference: string, platform: string): ImageInput | undefined {
    return this.#previous?.images.find(image => imageKey(image) === imageKey({ reference, platform }));
  }

  tookImage(image: ImageInput): void {
    this.#images.set(imageKey(image), image);
  }

  /** What the step took when it was recorded; nothing where it is new. A step that took nothing has no exchanges. */
  recordedStep(step: string, command: Digest): StepRecording | undefined {
    if (this.#previous === undefined) return undefined;
    const same = this.#previous.steps.filter(recorded => recorded.command === command);
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
