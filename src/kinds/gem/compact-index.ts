import { isDigest, type Digest } from '../../core/index.ts';
import { gemNamed, type GemName } from './gem-name.ts';

/** A version of a gem: one line of its file in the compact index. */
export interface InfoEntry {
  readonly gem: GemName;
  /** Of the `.gem` file; the oldest entries have none. */
  readonly digest: Digest | undefined;
  /** `created_at`: format version 2 of the compact index has it. */
  readonly created: Date | undefined;
  readonly line: string;
}

export interface InfoPlace {
  /** The gem server's URL, without a final slash. */
  readonly server: string;
  readonly name: string;
}

/** The gem whose file in the compact index a URL names by its shape; much else has that shape too. */
export function infoPlace(url: string): InfoPlace | undefined {
  if (!URL.canParse(url)) return undefined;
  const [, server, name] = /^([a-z]+:\/\/[^?]+?)\/info\/([\w.-]+)$/.exec(url) ?? [];
  return server === undefined || name === undefined ? undefined : { server, name };
}

/**
 * The entries of a gem's file: after a line `---`, lines of `VERSION[-PLATFORM] DEPENDENCIES|REQUIREMENTS` (RubyGems
 * Guides, "Compact Index API"). Nothing where a line is not one.
 */
export function infoEntries(body: Buffer, name: string): InfoEntry[] | undefined {
  const [first, ...lines] = body.toString().split('\n');
  if (first !== '---') return undefined;
  const entries: InfoEntry[] = [];
  for (const line of lines) {
    if (line === '') continue;
    const entry = entryOf(name, line);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return entries;
}

function entryOf(name: string, line: string): InfoEntry | undefined {
  const [, version = '', on, requirements = ''] = /^([^ -]+)(?:-([^ ]+))? [^|]*\|(.*)$/.exec(line) ?? [];
  const gem = gemNamed(name, version, on);
  if (gem === undefined) return undefined;
  const digest = `sha256:${requirement(requirements, 'checksum') ?? ''}`;
  const created = new Date(requirement(requirements, 'created_at') ?? Number.NaN);
  return {
    gem,
    digest: isDigest(digest) ? digest : undefined,
    created: Number.isNaN(created.getTime()) ? undefined : created,
    line,
  };
}

function requirement(requirements: string, name: string): string | undefined {
  const found = requirements.split(',').find(each => each.startsWith(`${name}:`));
  return found?.slice(name.length + 1);
}
