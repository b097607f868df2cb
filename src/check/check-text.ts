import { hash } from 'node:crypto';
import { HoldfastError } from '../core/index.ts';
import { type Dockerfile, parseDockerfile } from '../dockerfile/index.ts';
import { analyse } from './analysis.ts';
import { isFollowed } from './followed-scripts.ts';
import type { FileResult, Finding, Observation, Unread } from './finding.ts';
import type { RuleContext } from './rule.ts';
import { type CheckSettings, chosenRules } from './settings.ts';
import { Suppressions } from './suppressions.ts';

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
  const suppressions = new Suppressions(parsed);
  const fingerprints = new Fingerprints(parsed, file);
  const findings: Finding[] = [];
  for (const [rule, severity] of chosenRules(settings))
    for (const observation of rule.find(analysis, context)) {
      const suppressed = suppressions.of(rule, observation);
      findings.push({
        ...inDockerfile(observation),
        rule: rule.id,
        severity,
        fingerprint: fingerprints.of(rule.id, observation),
        ...(suppressed && { suppressed }),
      });
    }
  return { file, findings: inOrder(findings), unread: unreadIn(analysis) };
}

/** What was seen in a script is told where the script is run; an edit would hit the wrong file. */
function inDockerfile(observation: Observation): Observation {
  const { range, message } = observation;
  if (!isFollowed(range)) return observation;
  const { script, ...place } = range;
  return { range: place, message: `${script.file}:${script.line}: ${message}` };
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

function inOrder(findings: Finding[]): Finding[] {
  return findings.toSorted((a, b) => a.range.start - b.range.start);
}

/** Names for findings that lines added elsewhere do not change: rule, file, what is written there, and which of equals. */
class Fingerprints {
  readonly #text: string;
  readonly #file: string;
  readonly #seen = new Map<string, number>();

  constructor({ text }: Dockerfile, file: string) {
    this.#text = text;
    this.#file = file;
  }

  of(rule: string, { range }: Observation): string {
    const written = this.#text.slice(range.start, range.end).replaceAll(/\s+/g, ' ');
    const key = `${rule}\n${this.#file}\n${written}`;
    const count = this.#seen.get(key) ?? 0;
    this.#seen.set(key, count + 1);
    return hash('sha256', `${key}\n${count}`).slice(0, 32);
  }
}
