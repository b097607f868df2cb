import { zipOf } from '../pypi/index.ts';

/** A flaw as the Debian security tracker has it for one release. */
export interface TrackedFlaw {
  readonly source: string;
  readonly id: string;
  readonly status: 'open' | 'resolved' | 'undetermined';
  readonly fixed?: string;
  readonly urgency?: string;
  readonly nodsa?: string;
}

/** The tracker's JSON (security-tracker.debian.org, /tracker/data/json): source, flaw, releases. */
export function trackerJson(flaws: readonly TrackedFlaw[], release = 'bookworm'): Buffer {
  const document: Record<string, Record<string, unknown>> = {};
  for (const { source, id, status, fixed, urgency = 'not yet assigned', nodsa } of flaws) {
    document[source] ??= {};
    document[source][id] = {
      scope: 'remote',
      description: `A flaw of ${source}`,
      releases: {
        [release]: {
          status,
          repositories: { [release]: '0' },
          urgency,
          ...(fixed !== undefined && { fixed_version: fixed }),
          ...(nodsa !== undefined && { nodsa, nodsa_reason: '' }),
        },
      },
    };
  }
  return Buffer.from(JSON.stringify(document));
}

/** A record of the OSV schema (ossf.github.io/osv-schema) with one range. */
export interface OsvSpec {
  readonly id: string;
  readonly ecosystem: string;
  readonly name: string;
  readonly introduced?: string;
  readonly fixed?: string;
  readonly aliases?: readonly string[];
  readonly severity?: string;
}

export function osvRecordJson({
  id,
  ecosystem,
  name,
  introduced = '0',
  fixed,
  aliases = [],
  severity,
}: OsvSpec): Buffer {
  return Buffer.from(
    JSON.stringify({
      schema_version: '1.7.5',
      id,
      modified: '2026-01-01T00:00:00Z',
      aliases,
      summary: `A flaw of ${name}`,
      affected: [
        {
          package: { ecosystem, name },
          ranges: [
            { type: 'ECOSYSTEM', events: [{ introduced }, ...(fixed === undefined ? [] : [{ fixed }])] },
          ],
        },
      ],
      ...(severity !== undefined && { database_specific: { severity } }),
    }),
  );
}

/** As osv.dev publishes an ecosystem: a file for each record. */
export function allZip(records: readonly OsvSpec[]): Buffer {
  return zipOf(records.map(record => ({ path: `${record.id}.json`, content: osvRecordJson(record) })));
}

/** One repository of Alpine's secdb. @param fixes by package and version, the flaws that it fixed */
export function secdbJson(
  release: string,
  fixes: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
): Buffer {
  const packages = Object.entries(fixes).map(([name, secfixes]) => ({ pkg: { name, secfixes } }));
  return Buffer.from(JSON.stringify({ distroversion: release, reponame: 'main', packages }));
}

export interface AuditedFlaw {
  readonly id: number;
  readonly url: string;
  readonly title: string;
  readonly severity: string;
  readonly vulnerable_versions: string;
}
