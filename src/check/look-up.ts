import type { Digest } from '../core/index.ts';
import type { Dispatchers, RegistryClient } from '../registry/index.ts';
import { checkText } from './check-text.ts';
import { type Fixed, fixText } from './fix-text.ts';
import type { LockedInputs } from './locked-inputs.ts';
import type { RuleContext } from './rule.ts';
import type { CheckSettings } from './settings.ts';

/** Answers of today for what no lock holds. Each throws where nobody can be asked. */
export interface LookUp {
  readonly imageDigest: (reference: string) => Promise<Digest | undefined>;
  readonly fileDigest: (url: string) => Promise<string | undefined>;
  readonly commit: (url: string, ref: string | undefined) => Promise<string | undefined>;
}

/** Loaded where it is needed: nothing else here speaks to anybody. */
export async function openLookUp(registry: RegistryClient, dispatchers: Dispatchers): Promise<LookUp> {
  const { lookUpOver } = await import('./look-up-http.ts');
  return lookUpOver(registry, dispatchers);
}

export interface FixedOnline extends Fixed {
  /** What could not be looked up, and why. */
  readonly failed: readonly { readonly name: string; readonly cause: unknown }[];
}

/** As `fixText`, with what the lock does not hold asked for: once for each thing, and only for what a fix would write. */
export async function fixTextOnline(
  text: string,
  file: string,
  settings: CheckSettings,
  context: RuleContext,
  lookUp: LookUp,
): Promise<FixedOnline> {
  const asked = new Asked(context.locked);
  checkText(text, file, settings, { ...context, locked: asked });
  const failed: { name: string; cause: unknown }[] = [];
  for (const [name, find] of asked.open(lookUp)) {
    try {
      asked.answer(name, await find());
    } catch (cause) {
      failed.push({ name, cause });
    }
  }
  return { ...fixText(text, file, settings, { ...context, locked: asked }), failed };
}

/** A lock that remembers what it was asked and did not know. */
class Asked implements LockedInputs {
  readonly #locked: LockedInputs | undefined;
  readonly #questions = new Map<string, (lookUp: LookUp) => Promise<string | undefined>>();
  readonly #answers = new Map<string, string>();

  constructor(locked: LockedInputs | undefined) {
    this.#locked = locked;
  }

  /** Nothing is held by a lock that is being thought up. */
  readonly builds = (dockerfile: string) => this.#locked?.builds(dockerfile) ?? false;

  readonly imageDigest = (reference: string) =>
    (this.#locked?.imageDigest(reference) ??
      this.#known(reference, lookUp => lookUp.imageDigest(reference))) as Digest | undefined;

  readonly fileDigest = (url: string) =>
    this.#locked?.fileDigest(url) ?? this.#known(url, lookUp => lookUp.fileDigest(url));

  readonly commit = (url: string, ref: string | undefined) =>
    this.#locked?.commit(url, ref) ??
    this.#known(`${url}${ref === undefined ? '' : `#${ref}`}`, lookUp => lookUp.commit(url, ref));

  open(lookUp: LookUp): [name: string, find: () => Promise<string | undefined>][] {
    return [...this.#questions].map(([name, find]) => [name, () => find(lookUp)]);
  }

  answer(name: string, value: string | undefined): void {
    if (value !== undefined) this.#answers.set(name, value);
  }

  #known(name: string, find: (lookUp: LookUp) => Promise<string | undefined>): string | undefined {
    this.#questions.set(name, find);
    return this.#answers.get(name);
  }
}
