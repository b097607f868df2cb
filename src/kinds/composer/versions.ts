import { isObject, type JsonObject } from '../../core/index.ts';

/** More than any package has. Each version is written out in full, so that a small document can become a large one. */
const mostVersions = 20_000;
const mostMembers = 2_000_000;

const minifiedForm = 'composer/2.0';

/**
 * A package's versions in a document of a repository, each in full: a list, minified or not, or in protocol 1 an object
 * by version. Nothing where they are something else, or too many.
 */
export function versionsOf(document: JsonObject, name: string): JsonObject[] | undefined {
  const { packages } = document;
  const listed = isObject(packages) && Object.hasOwn(packages, name) ? packages[name] : undefined;
  const versions = isObject(listed) ? Object.values(listed) : listed;
  if (!Array.isArray(versions) || versions.length > mostVersions || !versions.every(isObject))
    return undefined;
  return document['minified'] === minifiedForm ? expanded(versions) : versions;
}

/**
 * composer/metadata-minifier: each version but the first holds only what differs from the one before it, and
 * `__unset` for a member that it lacks.
 */
function expanded(versions: readonly JsonObject[]): JsonObject[] | undefined {
  const members = new Map<string, unknown>();
  const full: JsonObject[] = [];
  let written = 0;
  for (const [n, version] of versions.entries()) {
    for (const [name, value] of Object.entries(version)) {
      if (n > 0 && value === '__unset') members.delete(name);
      else members.set(name, value);
    }
    written += members.size;
    if (written > mostMembers) return undefined;
    full.push(Object.fromEntries(members));
  }
  return full;
}

/** `time` of a version; without a zone it is UTC, as older documents have it. */
export function releaseTime({ time }: JsonObject): Date | undefined {
  if (typeof time !== 'string') return undefined;
  const [, date, clock] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(time) ?? [];
  const released = new Date(date === undefined || clock === undefined ? time : `${date}T${clock}Z`);
  return Number.isNaN(released.getTime()) ? undefined : released;
}
