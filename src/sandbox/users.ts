import { readFileSync } from 'node:fs';
import { errnoOf, stepError } from '../core/index.ts';
import { resolveInRoot } from './paths.ts';

export interface StepUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups; the first is `gid`, which BuildKit puts there too. */
  readonly groups: readonly [number, ...number[]];
  readonly home: string;
}

/** Docker's limit: ids are signed 32-bit numbers. */
const largestId = 0x7fff_ffff;

/**
 * Looks up `USER name[:group]` in the image, with BuildKit's rules: names or ids; an explicit group is the only
 * group; a number that no file names is taken as it is, with group 0; an empty text is root.
 * @param root where the image's file system is mounted.
 * @throws HoldfastError SANDBOX_USER_UNKNOWN, SANDBOX_GROUP_UNKNOWN (exit 6)
 */
export function lookUpUser(root: string, text: string): StepUser {
  const [userPart = '', groupPart = ''] = text.split(':', 2);
  const user = userPart === '' ? '0' : userPart;
  const entry = records(root, '/etc/passwd').find(fields => fields[0] === user || fields[2] === user);
  const uid = idOf(entry?.[2] ?? user) ?? unknownUser(user);
  const home = entry?.[5] || '/';
  const [gid, others] =
    groupPart === ''
      ? [idOf(entry?.[3] ?? '') ?? 0, groupsOf(root, entry?.[0])]
      : [lookUpGroup(root, groupPart), []];
  return { uid, gid, groups: [gid, ...others.filter(other => other !== gid)], home };
}

/**
 * The id of a group of the image, by name or number.
 * @throws HoldfastError SANDBOX_GROUP_UNKNOWN (exit 6)
 */
export function lookUpGroup(root: string, group: string): number {
  const entry = records(root, '/etc/group').find(fields => fields[0] === group || fields[2] === group);
  return idOf(entry?.[2] ?? group) ?? unknownGroup(group);
}

function groupsOf(root: string, name: string | undefined): number[] {
  if (name === undefined) return [];
  return records(root, '/etc/group')
    .filter(fields => (fields[3] ?? '').split(',').includes(name))
    .map(fields => idOf(fields[2] ?? ''))
    .filter(gid => gid !== undefined);
}

/** The lines of passwd(5) or group(5) in fields; none if the image has no such file. */
function records(root: string, path: string): string[][] {
  let text: string;
  try {
    text = readFileSync(root + resolveInRoot(root, path), 'utf8');
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return [];
    throw thrown;
  }
  return text
    .split('\n')
    .map(line => line.trim().split(':'))
    .filter(fields => idOf(fields[2] ?? '') !== undefined);
}

function idOf(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= largestId ? Number(text) : undefined;
}

function unknownUser(user: string): never {
  throw stepError('SANDBOX_USER_UNKNOWN', `the image has no user "${user}" in /etc/passwd`, {
    next: 'Create the user in an earlier RUN, or give USER a numeric id.',
  });
}

function unknownGroup(group: string): never {
  throw stepError('SANDBOX_GROUP_UNKNOWN', `the image has no group "${group}" in /etc/group`, {
    next: 'Create the group in an earlier RUN, or give a numeric id.',
  });
}
