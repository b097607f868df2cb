import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

/** A line of subuid(5) or subgid(5). */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

/** The ranges of a user, by name or number. */
export function subordinateRanges(file: '/etc/subuid' | '/etc/subgid', uid: number): IdRange[] {
  const names = [userName(), String(uid)];
  return textOf(file)
    .split('\n')
    .map(line => line.trim().split(':'))
    .filter(([name]) => name !== undefined && name !== '' && names.includes(name))
    .map(([, first, count]) => ({ first: Number(first), count: Number(count) }));
}

/** Some container platforms run programs under ids that have no name. */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
