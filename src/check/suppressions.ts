import type { Dockerfile, SourceRange } from '../dockerfile/index.ts';
import type { Observation } from './finding.ts';
import type { Peer, Rule } from './rule.ts';

/** A comment that asks for silence, and where. */
interface Suppression {
  /** As it was written, for people. */
  readonly by: string;
  readonly reason?: string;
  readonly matches: (rule: Rule) => boolean;
  /** First and last line, counted from 1. */
  readonly from: number;
  readonly to: number;
}

type Scope = 'file' | 'next' | 'stage';

interface Comment {
  readonly pattern: RegExp;
  /** `ids` and `reason` are groups of the pattern. */
  readonly peer: Peer | 'holdfast';
  readonly scope: Scope;
}

/** Our own, and those of programs that people come from. */
const comments: readonly Comment[] = [
  {
    pattern:
      /#[ \t]*holdfast[ \t]+ignore=(?<ids>[\w*-]+(?:[ \t]*,[ \t]*[\w*-]+)*)(?:[ \t]+(?:--|because)[ \t]+(?<reason>.*))?/i,
    peer: 'holdfast',
    scope: 'next',
  },
  {
    pattern:
      /#[ \t]*holdfast[ \t]+ignore-file=(?<ids>[\w*-]+(?:[ \t]*,[ \t]*[\w*-]+)*)(?:[ \t]+(?:--|because)[ \t]+(?<reason>.*))?/i,
    peer: 'holdfast',
    scope: 'file',
  },
  { pattern: /#[ \t]*hadolint[ \t]+ignore[ \t]*=[ \t]*(?<ids>[\w, \t]+)/, peer: 'hadolint', scope: 'next' },
  {
    pattern: /#[ \t]*hadolint[ \t]+global[ \t]+ignore[ \t]*=[ \t]*(?<ids>[\w, \t]+)/,
    peer: 'hadolint',
    scope: 'file',
  },
  {
    pattern: /#[ \t]*check[ \t]*=[ \t]*(?:[^;]*;)*?skip=(?<ids>[\w, \t]+)/i,
    peer: 'buildkit',
    scope: 'stage',
  },
  { pattern: /#[ \t]*checkov:skip=(?<ids>\w+)(?::(?<reason>.*))?/, peer: 'checkov', scope: 'file' },
  {
    pattern: /#[ \t]*trivy:ignore:(?<ids>[\w-]+(?:[ \t,]+(?:trivy:ignore:)?[\w-]+)*)/,
    peer: 'trivy',
    scope: 'next',
  },
  {
    pattern: /#[ \t]*nosemgrep:[ \t]*(?<ids>[\w.-]+(?:[ \t]*,[ \t]*[\w.-]+)*)/,
    peer: 'semgrep',
    scope: 'next',
  },
];

/** What a file's comments ask to be left out; asked for each finding. */
export class Suppressions {
  readonly #found: readonly Suppression[];

  constructor(dockerfile: Dockerfile) {
    this.#found = /holdfast|hadolint|check|trivy|nosemgrep/i.test(dockerfile.text)
      ? suppressionsIn(dockerfile)
      : [];
  }

  of(rule: Rule, { range }: Observation): { readonly by: string; readonly reason?: string } | undefined {
    const found = this.#found.find(
      ({ from, to, matches }) => range.line >= from && range.line <= to && matches(rule),
    );
    return found && { by: found.by, ...(found.reason !== undefined && { reason: found.reason }) };
  }
}

function suppressionsIn(dockerfile: Dockerfile): Suppression[] {
  const lines = dockerfile.text.split('\n');
  const found: Suppression[] = [];
  lines.forEach((text, index) => {
    if (!/^\s*#/.test(text.replace(/^\uFEFF/, ''))) return;
    for (const { pattern, peer, scope } of comments) {
      const groups = pattern.exec(text)?.groups;
      if (groups === undefined) continue;
      const ids = (groups['ids'] ?? '').split(/[,\s]+|trivy:ignore:/).filter(id => id !== '');
      const reason = groups['reason']?.trim();
      found.push({
        by: text.trim(),
        ...(reason !== undefined && reason !== '' && { reason }),
        matches: rule => ids.some(id => isIdOf(rule, peer, id)),
        ...linesOf(dockerfile, lines, index + 1, scope),
      });
    }
  });
  return found;
}

function isIdOf(rule: Rule, peer: Peer | 'holdfast', id: string): boolean {
  if (id === '*' || id === 'all') return peer === 'holdfast' || rule.peers[peer] !== undefined;
  if (peer === 'holdfast') return rule.id === id;
  // Semgrep's ids are paths with dots: dockerfile.security.missing-user.missing-user.
  if (peer === 'semgrep') return rule.peers.semgrep?.includes(id.split('.').at(-1) ?? '') ?? false;
  const plain = (text: string) =>
    peer === 'trivy' ? text.replace(/^AVD-/, '').replace(/^DS-?0*/, 'DS') : text;
  return rule.peers[peer]?.some(own => plain(own) === plain(id)) ?? false;
}

/** The lines that a comment on `line` speaks of: within an instruction the next one, else the next instruction. */
function linesOf(
  dockerfile: Dockerfile,
  lines: readonly string[],
  line: number,
  scope: Scope,
): { readonly from: number; readonly to: number } {
  const whole = { from: 1, to: Number.POSITIVE_INFINITY };
  if (scope === 'file') return whole;
  const ranges = instructionRanges(dockerfile);
  // A compose file has none: there a comment is for the line below it.
  if (ranges.length === 0) return { from: line + 1, to: line + 1 };
  const around = ranges.find(range => range.line < line && line <= range.endLine);
  if (around !== undefined) {
    let next = line + 1;
    while (next < around.endLine && /^\s*(#.*)?$/.test(lines[next - 1] ?? '')) next++;
    return { from: next, to: next };
  }
  const following = ranges.find(range => range.line > line);
  if (following === undefined) return { from: line, to: line };
  if (scope === 'stage') {
    // On top of the file BuildKit takes it for the whole file, above a FROM for that stage.
    if (following === ranges[0]) return whole;
    const stage = dockerfile.stages.find(({ from }) => from.range === following);
    if (stage !== undefined) return { from: stage.range.line, to: stage.range.endLine };
  }
  return { from: following.line, to: following.endLine };
}

function instructionRanges({ metaArgs, stages }: Dockerfile): SourceRange[] {
  return [
    ...metaArgs.map(({ range }) => range),
    ...stages.flatMap(({ from, instructions }) => [from.range, ...instructions.map(({ range }) => range)]),
  ];
}
