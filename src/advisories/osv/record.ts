import { isObject, type JsonObject } from '../../core/index.ts';

/** As much of the OSV schema (1.7) as decides. */
export interface OsvRecord {
  readonly id: string;
  readonly summary: string | undefined;
  /** The same flaw in other databases; with `upstream`, that which this one is derived from. */
  readonly aliases: readonly string[];
  readonly severity: readonly OsvSeverity[];
  /** A word for the level, of the database. */
  readonly level: string | undefined;
  readonly affected: readonly OsvAffected[];
}

export interface OsvSeverity {
  readonly type: string;
  readonly score: string;
}

export interface OsvAffected {
  readonly ecosystem: string;
  readonly name: string;
  readonly ranges: readonly OsvRange[];
  readonly versions: ReadonlySet<string>;
  readonly severity: readonly OsvSeverity[];
  /** What Debian and others say of its weight in theirs. */
  readonly urgency: string | undefined;
}

export interface OsvRange {
  readonly type: 'SEMVER' | 'ECOSYSTEM';
  readonly events: readonly OsvEvent[];
}

export interface OsvEvent {
  readonly is: 'introduced' | 'fixed' | 'last_affected' | 'limit';
  readonly version: string;
}

/** More than any record has. */
const mostEvents = 20_000;

/** Nothing for what is no record, and for one that was withdrawn. */
export function osvRecord(value: unknown): OsvRecord | undefined {
  if (!isObject(value) || typeof value['id'] !== 'string' || value['withdrawn'] !== undefined)
    return undefined;
  const { id, summary, details, database_specific: own } = value;
  const level = isObject(own) && typeof own['severity'] === 'string' ? own['severity'] : undefined;
  // What a distribution's notice is about stood in `related` before there was `upstream`.
  const isNotice = /^(?:USN|DSA|DLA|DTSA|RHSA|RLSA|ALSA|SUSE)-/.test(id);
  return {
    id,
    summary: textOf(summary) ?? textOf(details)?.split('\n')[0],
    aliases: [
      ...stringsOf(value['aliases']),
      ...stringsOf(value['upstream']),
      ...(isNotice ? stringsOf(value['related']) : []),
    ],
    severity: severitiesOf(value['severity']),
    level,
    affected: objectsOf(value['affected']).flatMap(affectedOf),
  };
}

function affectedOf(entry: JsonObject): OsvAffected[] {
  const { package: named, ecosystem_specific: ecosystemSays, database_specific: databaseSays } = entry;
  if (!isObject(named)) return [];
  const { ecosystem, name } = named;
  if (typeof ecosystem !== 'string' || typeof name !== 'string') return [];
  const said = [ecosystemSays, databaseSays].flatMap(one => (isObject(one) ? [one] : []));
  const urgency = said
    .map(one => textOf(one['urgency']) ?? textOf(one['severity']))
    .find(one => one !== undefined);
  return [
    {
      ecosystem,
      name,
      ranges: objectsOf(entry['ranges']).flatMap(rangeOf),
      versions: new Set(stringsOf(entry['versions'])),
      severity: severitiesOf(entry['severity']),
      urgency,
    },
  ];
}

/** Ranges of commits say nothing of versions. */
function rangeOf({ type, events }: JsonObject): OsvRange[] {
  if (type !== 'SEMVER' && type !== 'ECOSYSTEM') return [];
  const read = objectsOf(events).slice(0, mostEvents).flatMap(eventsOf);
  return [{ type, events: read }];
}

const eventNames = ['introduced', 'fixed', 'last_affected', 'limit'] as const;

function eventsOf(event: JsonObject): OsvEvent[] {
  return eventNames.flatMap(is => {
    const version = event[is];
    return typeof version === 'string' ? [{ is, version }] : [];
  });
}

function severitiesOf(value: unknown): OsvSeverity[] {
  return objectsOf(value).flatMap(({ type, score }) =>
    typeof type === 'string' && typeof score === 'string' ? [{ type, score }] : [],
  );
}

function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(one => typeof one === 'string') : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
