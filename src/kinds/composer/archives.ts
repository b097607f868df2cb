import type { Exchange } from '../exchange.ts';
import { isObject, type JsonObject } from '../../core/index.ts';
import { packageName } from './metadata-url.ts';
import { versionsOf } from './versions.ts';

/** So many redirects composer follows. */
const mostRedirects = 20;

export interface Archive {
  readonly name: string;
  readonly version: string;
}

/** The archives that the repositories of a build name, by URL. */
export class Archives {
  readonly #byUrl = new Map<string, Archive>();

  /** Those of all versions in a document that lies at `url`. */
  add(document: JsonObject, url: string): void {
    const { packages } = document;
    if (!isObject(packages)) return;
    for (const name of Object.keys(packages)) {
      if (!packageName.test(name)) continue;
      for (const { version, dist } of versionsOf(document, name) ?? []) {
        if (typeof version !== 'string' || !/^[^\s\p{Cc}]{1,200}$/u.test(version)) continue;
        const place =
          isObject(dist) && typeof dist['url'] === 'string' ? comparable(dist['url'], url) : undefined;
        if (place !== undefined) this.#set(place, { name, version });
      }
    }
  }

  /** A branch's archive is that of its commit, and so may be that of a release, which then is the better name. */
  #set(place: string, archive: Archive): void {
    const known = this.#byUrl.get(place);
    if (known === undefined || isBranch(known.version)) this.#byUrl.set(place, archive);
  }

  /** What a repository names may redirect to where the bytes are, and that is no less the archive. */
  follow(exchanges: readonly Exchange[]): void {
    const targets = new Map(exchanges.flatMap(redirectOf));
    for (const [place, archive] of new Map(this.#byUrl)) {
      let target = targets.get(place);
      for (let n = 0; target !== undefined && n < mostRedirects; n += 1) {
        this.#set(target, archive);
        target = targets.get(target);
      }
    }
  }

  at(url: string): Archive | undefined {
    return this.#byUrl.get(comparable(url) ?? '');
  }
}

function isBranch(version: string): boolean {
  return version.startsWith('dev-') || version.endsWith('-dev');
}

function redirectOf({ key, responses }: Exchange): [from: string, to: string][] {
  const last = responses.at(-1);
  if (last === undefined || last.status < 300 || last.status >= 400) return [];
  const location = last.headers.find(([name]) => name === 'location')?.[1];
  const [from, to] = [
    comparable(key.url),
    location === undefined ? undefined : comparable(location, key.url),
  ];
  return from === undefined || to === undefined ? [] : [[from, to]];
}

/** As a recorded request has it: without credentials and fragment. */
function comparable(text: string, base?: string): string | undefined {
  const url = URL.parse(text, base);
  if (url === null) return undefined;
  url.username = '';
  url.password = '';
  url.hash = '';
  return url.href;
}
