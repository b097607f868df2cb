import { existsSync, readFileSync, statSync } from 'node:fs';
import { errnoOf, HoldfastError, usageError } from '../../core/index.ts';

/** Where a secret comes from: `--secret id=…,src=…` or `…,env=…`. */
export type SecretSource =
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'variable'; readonly name: string };

/** Bytes; BuildKit's limit (session/secrets). */
const largestSecret = 500 * 1024;
/** Characters. Whatever is shorter is found everywhere, and known to whoever tries. */
const shortestHidden = 4;
const shortestForbidden = 8;

/** The secrets that the user lends to steps. They are read when the first step needs one, and stay in memory. */
export class Secrets {
  readonly #sources: ReadonlyMap<string, SecretSource>;
  readonly #environment: NodeJS.ProcessEnv;
  #values: ReadonlyMap<string, Buffer> | undefined;

  constructor(sources: ReadonlyMap<string, SecretSource>, environment: NodeJS.ProcessEnv) {
    this.#sources = sources;
    this.#environment = environment;
  }

  /** @throws HoldfastError SECRET_UNREADABLE, SECRET_TOO_LARGE (exit 2) for any of them: a pipe is read once, and early. */
  value(id: string): Buffer | undefined {
    return this.#read().get(id);
  }

  /** As Docker does, before anything is built. @throws HoldfastError SECRET_UNREADABLE (exit 2) */
  refuseMissing(): void {
    for (const [id, source] of this.#sources)
      if (source.from === 'file' && !existsSync(source.path)) throw unreadable(id, source.path, 'ENOENT');
  }

  /** Texts that are replaced wherever a step prints them or asks for them, the longest first. */
  hidden(): string[] {
    const texts = [...this.#read().values()].filter(isPrivate).flatMap(value => {
      const text = value.toString().trim();
      const lines = text.includes('\n') ? text.split('\n').filter(isTelling) : [];
      return [text, ...lines.map(line => line.trim())];
    });
    return [...new Set(texts)]
      .filter(text => text.length >= shortestHidden)
      .toSorted((a, b) => b.length - a.length);
  }

  /** Byte sequences that no layer may hold. */
  forbidden(): Buffer[] {
    return [...this.#read().values()]
      .filter(isPrivate)
      .map(value => Buffer.from(value.toString('latin1').trim(), 'latin1'))
      .filter(value => value.length >= shortestForbidden);
  }

  #read(): ReadonlyMap<string, Buffer> {
    this.#values ??= new Map([...this.#sources].map(([id, source]) => [id, this.#valueOf(id, source)]));
    return this.#values;
  }

  #valueOf(id: string, source: SecretSource): Buffer {
    if (source.from === 'variable') return Buffer.from(this.#environment[source.name] ?? '');
    try {
      if (statSync(source.path).size > largestSecret) throw tooLarge(id);
      const value = readFileSync(source.path);
      if (value.length > largestSecret) throw tooLarge(id);
      return value;
    } catch (error) {
      if (error instanceof HoldfastError) throw error;
      throw unreadable(id, source.path, errnoOf(error) ?? 'unknown error', error);
    }
  }
}

/** Certificates are often handed over like secrets, and are meant to be in images. */
function isPrivate(value: Buffer): boolean {
  const text = value.toString('latin1').trim();
  return !/^(?:-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\s*)+$/.test(text);
}

/** Of a key or a settings file, a line alone must not show either. */
function isTelling(line: string): boolean {
  return line.trim().length >= shortestForbidden && !/^-----(?:BEGIN|END) /.test(line);
}

function tooLarge(id: string): Error {
  return usageError('SECRET_TOO_LARGE', `the secret ${id} is larger than ${largestSecret / 1024} KiB`, {
    next: 'Give the step what is so large with a mount of type bind, if it may be known.',
  });
}

function unreadable(id: string, path: string, why: string, cause?: unknown): Error {
  return usageError('SECRET_UNREADABLE', `cannot read ${path} as the secret ${id} (${why})`, {
    next: 'Name a file that you may read: --secret id=NAME,src=FILE.',
    cause,
  });
}
