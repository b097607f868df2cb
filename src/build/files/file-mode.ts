import type { Stats } from 'node:fs';
import { usageError, type SourcePlace } from '../../core/index.ts';

/** What git would check out: it keeps one bit of a mode, the owner's execute bit. */
export function contextMode(stats: Stats): number {
  return stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644;
}

/** What `--chmod` asks for. */
export interface ModeChange {
  /** The mode of directories that are made on the way, where the option names one mode for all. */
  readonly absolute?: number | undefined;
  apply(mode: number, isDirectory: boolean): number;
}

/**
 * `--chmod` (Dockerfile reference, COPY): a mode in octal, or clauses as of chmod(1), such as `u=rwX,go-w`.
 * @throws HoldfastError COPY_CHMOD (exit 2)
 */
export function parseModeChange(text: string, where: SourcePlace): ModeChange {
  if (/^[0-7]+$/.test(text)) {
    const absolute = Number.parseInt(text, 8);
    if (absolute > 0o7777) throw invalidMode(text, where);
    return { absolute, apply: () => absolute };
  }
  const clauses = text.split(',').map(clause => parseClause(clause, text, where));
  return {
    apply: (mode, isDirectory) => clauses.reduce((changed, clause) => clause(changed, isDirectory), mode),
  };
}

type Clause = (mode: number, isDirectory: boolean) => number;

/** Of each class its read, write and execute bits, and its special one. */
const classes = {
  u: { shift: 6, special: 0o4000 },
  g: { shift: 3, special: 0o2000 },
  o: { shift: 0, special: 0 },
} as const;
type ClassName = keyof typeof classes;

function parseClause(clause: string, text: string, where: SourcePlace): Clause {
  const [, who = '', actions = ''] = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/.exec(clause) ?? [];
  if (actions === '') throw invalidMode(text, where);
  const names = (who === '' || who.includes('a') ? ['u', 'g', 'o'] : [...new Set(who)]) as ClassName[];
  const changes = [...actions.matchAll(/([-+=])([ugo]|[rwxXst]*)/g)];
  return (mode, isDirectory) =>
    changes.reduce((before, [, operator = '', permissions = '']) => {
      const bits = names.reduce((all, name) => all | bitsOf(name, permissions, before, isDirectory), 0);
      const sticky = permissions.includes('t') && names.length === 3 ? 0o1000 : 0;
      if (operator === '+') return before | bits | sticky;
      if (operator === '-') return before & ~(bits | sticky);
      const cleared = names.reduce(
        (all, name) => all | (0o7 << classes[name].shift) | classes[name].special,
        0,
      );
      return (before & ~cleared) | bits | sticky;
    }, mode);
}

function bitsOf(name: ClassName, permissions: string, before: number, isDirectory: boolean): number {
  const { shift, special } = classes[name];
  if (/^[ugo]$/.test(permissions))
    return ((before >> classes[permissions as ClassName].shift) & 0o7) << shift;
  const executes =
    permissions.includes('x') || (permissions.includes('X') && (isDirectory || (before & 0o111) !== 0));
  const triple =
    (permissions.includes('r') ? 4 : 0) | (permissions.includes('w') ? 2 : 0) | (executes ? 1 : 0);
  return (triple << shift) | (permissions.includes('s') ? special : 0);
}

function invalidMode(text: string, where: SourcePlace) {
  return usageError('COPY_CHMOD', `"${text.slice(0, 80)}" is not a mode`, {
    next: 'Write it in octal up to 07777, or as chmod takes it: --chmod=755, --chmod=u=rwX,go=rX.',
    where,
  });
}
