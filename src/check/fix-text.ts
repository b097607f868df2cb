import { parseDockerfile } from '../dockerfile/index.ts';
import { checkText } from './check-text.ts';
import { type Edit, type Finding, isFixable } from './finding.ts';
import type { RuleContext } from './rule.ts';
import type { CheckSettings } from './settings.ts';

export interface Fixed {
  readonly text: string;
  /** The findings that are gone. */
  readonly fixed: readonly Finding[];
}

/** A fix may make room for another; more rounds than this would mean that two undo each other. */
const maximumRounds = 8;

/**
 * Applies every fix that is safe: the file still parses, to as many instructions, and formatting and comments stay.
 * Fixing the result again changes nothing.
 */
export function fixText(text: string, file: string, settings: CheckSettings, context: RuleContext): Fixed {
  return fixedText(
    text,
    current => checkText(current, file, settings, context).findings,
    (before, after) => isSameShape(before, after, file),
  );
}

/** Applies fixes as long as there are any, and each round leaves what `isSame` holds against each other. */
export function fixedText(
  text: string,
  findingsIn: (text: string) => readonly Finding[],
  isSame: (before: string, after: string) => boolean,
): Fixed {
  let current = text;
  const fixed: Finding[] = [];
  for (let round = 0; round < maximumRounds; round++) {
    const findings = findingsIn(current);
    const chosen = compatible(findings.filter(isFixable));
    const next = edited(
      current,
      chosen.flatMap(({ fix }) => fix?.edits ?? []),
    );
    if (next === current || !isSame(current, next)) break;
    fixed.push(...chosen);
    current = next;
  }
  return { text: current, fixed };
}

/** Of fixes that touch the same place the first. Two findings may want the very same edit: it is made once. */
function compatible(findings: readonly Finding[]): Finding[] {
  const taken: Edit[] = [];
  return findings.filter(({ fix }) => {
    const edits = fix?.edits ?? [];
    if (edits.some(edit => taken.some(other => edit.start <= other.end && other.start <= edit.end)))
      return false;
    taken.push(...edits);
    return true;
  });
}

/** The text with edits that do not overlap; of two at one place the later one in the list stands first. */
export function edited(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { start, end, text: replacement } of edits.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + replacement + result.slice(end);
  return result;
}

/** Whether both texts have the same instructions in the same stages. */
function isSameShape(before: string, after: string, file: string): boolean {
  try {
    return shapeOf(before, file) === shapeOf(after, file);
  } catch {
    return false;
  }
}

function shapeOf(text: string, file: string): string {
  const { metaArgs, stages } = parseDockerfile(text, file);
  const keywords = stages.map(({ instructions }) => instructions.map(({ keyword }) => keyword).join(' '));
  return [metaArgs.length, ...keywords].join('\n');
}
