import { isObject, jsonObject, upstreamError } from '../core/index.ts';
import { kinds } from '../kinds/index.ts';
import { levelNamed } from './cvss.ts';
import type { Feed, Severity, Statement } from './statement.ts';
import { namedIn, type Distribution, type Subject } from './subject.ts';

const codenames: Readonly<Record<string, string>> = {
  '10': 'buster',
  '11': 'bullseye',
  '12': 'bookworm',
  '13': 'trixie',
  '14': 'forky',
};

/**
 * The Debian security tracker's JSON: source package, flaw, release, and what the security team found for it. For
 * Debian its word counts: it knows what was fixed by a backport, and what a version's `+really` really is.
 * @throws HoldfastError ADVISORY_FEED_INVALID (exit 5)
 */
export function debianTracker(name: string, bytes: Buffer): Feed {
  const document = jsonObject(bytes);
  if (document === undefined)
    throw upstreamError('ADVISORY_FEED_INVALID', `${name} is not the security tracker's JSON`, {
      next: 'It is what security-tracker.debian.org gives at /tracker/data/json.',
    });
  const compare = kinds.find(kind => kind.name === 'apt')?.versions?.compare;
  return {
    name,
    decidesFor: isOfDebian,
    statementsOn: subject => {
      const named = isOfDebian(subject) ? namedIn(subject) : undefined;
      const release = subject.distribution && codenameOf(subject.distribution);
      const flaws = named && Object.hasOwn(document, named.name) ? document[named.name] : undefined;
      if (named === undefined || release === undefined || !isObject(flaws) || compare === undefined)
        return [];
      return Object.entries(flaws).flatMap(([flaw, entry]) => {
        const found = isObject(entry) && isObject(entry['releases']) ? entry['releases'][release] : undefined;
        if (!isObject(entry) || !isObject(found)) return [];
        const fixed = text(found['fixed_version']);
        const state = stateOf(text(found['status']), fixed, version => compare(named.version, version) >= 0);
        return [statement(name, flaw, state, fixed, { ...entry, ...found })];
      });
    },
  };
}

function isOfDebian({ kind, distribution }: Subject): boolean {
  return kind === 'apt' && distribution?.id === 'debian';
}

function codenameOf({ codename, version }: Distribution): string | undefined {
  return codename ?? (version === undefined ? 'sid' : codenames[version]);
}

/** Resolved in version 0: the release never had it. */
function stateOf(
  status: string | undefined,
  fixed: string | undefined,
  isReached: (version: string) => boolean,
): Statement['state'] {
  switch (status) {
    case 'resolved':
      if (fixed === undefined) return 'undetermined';
      if (fixed === '0') return 'not-affected';
      return isReached(fixed) ? 'fixed' : 'affected';
    case 'open':
      return 'affected';
    case undefined:
    default:
      return 'undetermined';
  }
}

function statement(
  feed: string,
  flaw: string,
  state: Statement['state'],
  fixed: string | undefined,
  entry: Readonly<Partial<Record<string, unknown>>>,
): Statement {
  const urgency = text(entry['urgency'])?.replace(/\*+$/, '');
  const notes = [
    text(entry['nodsa']) === undefined ? undefined : `no DSA: ${text(entry['nodsa'])}`,
    urgency === 'end-of-life' ? 'no longer supported' : undefined,
    text(entry['nodsa_reason']),
  ].filter(note => note !== undefined);
  return {
    feed,
    flaw,
    ids: [flaw],
    state,
    ...(state === 'affected' && fixed !== undefined && { fixedIn: fixed }),
    severity: severityOf(urgency),
    summary: text(entry['description']),
    url: `https://security-tracker.debian.org/tracker/${encodeURIComponent(flaw)}`,
    ...(notes.length > 0 && { note: notes.join(', ') }),
    ...(urgency === 'unimportant' && { unimportant: true }),
  };
}

function severityOf(urgency: string | undefined): Severity | undefined {
  const level = levelNamed(urgency ?? '');
  return level === undefined ? undefined : { level, whose: 'Debian' };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
