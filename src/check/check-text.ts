import { HoldfastError } from '../core/index.ts';
import { type Dockerfile, parseDockerfile } from '../dockerfile/index.ts';
import { analyse } from './analysis.ts';
import type { FileResult, Unread } from './finding.ts';
import { findingsIn } from './findings-in.ts';
import type { RuleContext } from './rule.ts';
import { type CheckSettings, chosenRules } from './settings.ts';

/** An image cannot have as many layers. The limit keeps the time bounded that a hostile file takes. */
const mostInstructions = 2_000;

/**
 * Looks for what can drift in one Dockerfile. Never throws for what the text holds: what cannot be read is said in
 * `unread`.
 * @param file its name for people, part of the fingerprints.
 */
export function checkText(
  text: string,
  file: string,
  settings: CheckSettings,
  context: RuleContext,
): FileResult {
  const parsed = parsedOrWhy(text, file);
  if ('reason' in parsed) return { file, findings: [], unread: [parsed] };
  const count = parsed.stages.reduce((sum, { instructions }) => sum + instructions.length + 1, 0);
  if (count > mostInstructions) {
    const reason = `it has ${count} instructions; ${mostInstructions} are looked at`;
    return { file, findings: [], unread: [{ reason }] };
  }
  const analysis = analyse(parsed, context.readFile);
  const findings = findingsIn(analysis, chosenRules(settings), context);
  return { file, findings, unread: unreadIn(analysis) };
}

function parsedOrWhy(text: string, file: string): Dockerfile | Unread {
  try {
    return parseDockerfile(text, file);
  } catch (thrown) {
    if (!(thrown instanceof HoldfastError)) throw thrown;
    const { message, where } = thrown;
    const template = /\{\{|\{%|<%|^\s*#(if|define|include)\b|@[A-Z_]+@/m.test(text);
    const reason = template ? `it is a template: ${message}` : message;
    if (where === undefined) return { reason };
    const { line, column = 1 } = where;
    return { reason, range: { start: 0, end: 0, line, column, endLine: line, endColumn: column } };
  }
}

function unreadIn(analysis: ReturnType<typeof analyse>): Unread[] {
  const unread: Unread[] = [];
  for (const { run } of analysis.runs)
    if (run.unread !== undefined) unread.push({ range: run.instruction.range, reason: run.unread });
  return unread;
}
