import { interrupted } from '../core/index.ts';
import type { RegistryClient } from '../registry/index.ts';
import { openRegistryClient, type RegistrySettings } from './registry-options.ts';

/** Clients by their settings, each opened when it is first needed; one for both sides where they are alike. */
export class RegistryClients {
  readonly #note: (text: string) => void;
  readonly #opened = new Map<string, Promise<RegistryClient>>();
  readonly #stop = new AbortController();
  readonly #onSignal = (name: NodeJS.Signals) => {
    this.#stop.abort(interrupted(name));
  };

  constructor(note: (text: string) => void) {
    this.#note = note;
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, this.#onSignal);
  }

  with(settings: RegistrySettings): Promise<RegistryClient> {
    const key = JSON.stringify(settings);
    const known = this.#opened.get(key);
    if (known) return known;
    const opened = openRegistryClient(settings, this.#note, this.#stop.signal);
    this.#opened.set(key, opened);
    return opened;
  }

  async close(): Promise<void> {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, this.#onSignal);
    for (const opened of this.#opened.values()) await opened.then(client => client.close()).catch(() => {});
  }
}
