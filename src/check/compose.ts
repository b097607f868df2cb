import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { composeFileFacts, type ComposeFileFacts, type ComposeText } from '../compose/index.ts';
import { HoldfastError } from '../core/index.ts';
import type { SourceRange } from '../dockerfile/index.ts';
import type { Analysis } from './analysis.ts';
import { checkText } from './check-text.ts';
import { findingsIn } from './findings-in.ts';
import type { FileResult, Finding, Fix, Unread } from './finding.ts';
import { fixedText, type Fixed } from './fix-text.ts';
import { type ImageUse, imageUse } from './image-use.ts';
import type { RuleContext } from './rule.ts';
import { type CheckSettings, chosenRules } from './settings.ts';

const imageRules = ['image-tag', 'image-digest', 'image-digest-alone', 'image-unknown'];

/**
 * Looks at the images of the services that are not built, and at the Dockerfiles that the file holds. Never throws for
 * what the text holds.
 * @param path from where relative paths in it are meant
 */
export function checkCompose(
  text: string,
  file: string,
  settings: CheckSettings,
  context: RuleContext,
  path = file,
): FileResult {
  const facts = factsOrWhy(text, path, file, context.readFile?.('.env'));
  if ('reason' in facts) return { file, findings: [], unread: [facts] };
  const images = unique(facts.images).flatMap(image => useOf(image) ?? []);
  const directives = { escape: '\\' } as const;
  const dockerfile = { file, text, directives, metaArgs: [], stages: [], warnings: [] };
  const analysis: Analysis = { dockerfile, stages: [], images, runs: [], requests: [] };
  const chosen = chosenRules(settings).filter(([{ id }]) => imageRules.includes(id));
  const inline = unique(facts.inline).map((one, n) => checkInline(one, n, file, settings, context));
  const findings = [...findingsIn(analysis, chosen, context), ...inline.flatMap(result => result.findings)];
  return {
    file,
    findings: findings.toSorted((a, b) => a.range.start - b.range.start),
    unread: inline.flatMap(({ unread }) => unread),
  };
}

/** As `fixText`: images that are written as they are, and the Dockerfiles inside of the file. */
export function fixCompose(
  text: string,
  file: string,
  settings: CheckSettings,
  context: RuleContext,
  path = file,
): Fixed {
  const shapeOf = (of: string) => {
    const facts = factsOrWhy(of, path, file, context.readFile?.('.env'));
    return 'reason' in facts ? undefined : `${facts.images.length} ${facts.inline.length}`;
  };
  return fixedText(
    text,
    current => checkCompose(current, file, settings, context, path).findings,
    (before, after) => shapeOf(before) === shapeOf(after),
  );
}

/** The Dockerfiles that compose files build, and the compose files that they include and extend, as far as they are there. */
export function composeParts(paths: readonly string[]): { dockerfiles: string[]; composeFiles: string[] } {
  const dockerfiles = new Set<string>();
  const composeFiles = new Set(paths);
  for (const path of composeFiles) {
    const facts = factsOrWhy(readFileSync(path, 'utf8'), path, path, envBeside(path));
    if ('reason' in facts) continue;
    const directory = dirname(path);
    const named = (one: string) => join(directory, relative(resolve(directory), one));
    for (const one of facts.dockerfiles) if (isFile(one)) dockerfiles.add(named(one));
    for (const one of facts.others)
      if (composeFiles.size < mostFiles && isFile(one)) composeFiles.add(named(one));
  }
  return { dockerfiles: [...dockerfiles], composeFiles: [...composeFiles] };
}

/** Files that include each other without end are no one's. */
const mostFiles = 10_000;

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

function envBeside(path: string): string | undefined {
  const env = join(dirname(path), '.env');
  return isFile(env) ? readFileSync(env, 'utf8') : undefined;
}

function factsOrWhy(
  text: string,
  path: string,
  file: string,
  env: string | undefined,
): ComposeFileFacts | Unread {
  try {
    return composeFileFacts(text, path, file, env);
  } catch (thrown) {
    if (!(thrown instanceof HoldfastError)) throw thrown;
    const { line = 1, column = 1 } = thrown.where ?? {};
    return {
      reason: thrown.message,
      range: { start: 0, end: 0, line, column, endLine: line, endColumn: column },
    };
  }
}

/** What an anchor holds is used in many places, and written in one. */
function unique(texts: readonly ComposeText[]): ComposeText[] {
  return [...new Map(texts.map(text => [text.range.start, text])).values()];
}

function useOf({ text, range, isKnown, isLiteral }: ComposeText): ImageUse | undefined {
  const use = imageUse('from', { text, range }, { text, known: isKnown }, undefined);
  if (use === undefined) return undefined;
  const { written: _written, ...rest } = use;
  return isLiteral ? { ...rest, written: range } : rest;
}

/** A Dockerfile inside of the file: what is found in it stands where the compose file has it. */
function checkInline(
  inline: ComposeText,
  n: number,
  file: string,
  settings: CheckSettings,
  context: RuleContext,
): FileResult {
  const { locked } = context;
  const own: RuleContext = {
    ...context,
    ...(locked && { locked: { ...locked, builds: () => locked.builds(basename(file)) } }),
  };
  const place = ({ start, end }: SourceRange) => inline.mapped.range(start, end);
  const { findings, unread } = checkText(inline.text, `${file}#${n + 1}`, settings, own);
  return {
    file,
    findings: findings.map(({ range, related, fix, ...finding }): Finding => {
      const placed = fix && placedFix(fix, range, inline);
      return {
        ...finding,
        range: place(range),
        ...(related && { related: related.map(one => ({ ...one, range: place(one.range) })) }),
        ...(placed && { fix: placed }),
      };
    }),
    unread: unread.map(({ range, reason }) => ({
      reason,
      range: range === undefined || range.end > 0 ? place(range ?? wholeOf(inline)) : lineOf(range, inline),
    })),
  };
}

const wholeOf = ({ text, mapped }: ComposeText) => mapped.range(0, text.length);

/** The place of what could not be parsed is known by its line and column alone. */
function lineOf({ line, column }: SourceRange, { text, mapped }: ComposeText): SourceRange {
  const before =
    text
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length + (line > 1 ? 1 : 0);
  const at = Math.min(before + column - 1, text.length);
  return mapped.range(at, at);
}

/** Nothing where variables take part in what was found, or the edit would need the block's indentation. */
function placedFix(
  { title, edits }: Fix,
  found: SourceRange,
  { mapped, file }: ComposeText,
): Fix | undefined {
  const place = ({ start, end }: { readonly start: number; readonly end: number }) => ({
    start: mapped.offsetOf(start),
    end: mapped.offsetOf(end),
  });
  const isWritten = (range: { readonly start: number; readonly end: number }) => {
    const { start, end } = place(range);
    const written = file.source.text.slice(start, end);
    return written === mapped.text.slice(range.start, range.end) && !written.includes('\n');
  };
  if (![found, ...edits].every(isWritten) || edits.some(({ text }) => text.includes('\n'))) return undefined;
  return { title, edits: edits.map(edit => ({ ...edit, ...place(edit) })) };
}
