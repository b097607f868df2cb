import { rules, type FileResult, type Finding, type Rule } from '../../check/index.ts';
import type { SourceRange } from '../../dockerfile/index.ts';
import { lineAt } from './excerpt.ts';
import type { ReportInput } from './report-input.ts';

const levels = { error: 'error', warning: 'warning', note: 'note' } as const;

/** SARIF 2.1.0, as GitHub's code scanning and editors read it. */
export function findingsSarif(input: ReportInput): string {
  const { results, version } = input;
  const unread = results.flatMap(({ file, unread: parts }) => parts.map(part => ({ file, ...part })));
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'holdfast',
            version,
            semanticVersion: version,
            rules: rules.map(ruleOf),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: true,
            toolConfigurationNotifications: unread.map(({ file, range, reason }) => ({
              level: 'note',
              message: { text: `not read: ${reason}` },
              locations: [{ physicalLocation: physical(file, range) }],
            })),
          },
        ],
        artifacts: results.map(({ file }) => ({ location: { uri: uriOf(file) } })),
        results: results.flatMap(result => result.findings.map(finding => resultOf(finding, result, input))),
      },
    ],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function ruleOf({ id, title, reason, advice, severity, profiles, bad, good, notes }: Rule) {
  const markdown = [
    reason,
    '',
    advice,
    ...(notes === undefined ? [] : ['', notes]),
    '',
    '```dockerfile',
    bad.trimEnd(),
    '```',
    '',
    'Better:',
    '',
    '```dockerfile',
    good.trimEnd(),
    '```',
  ];
  const secure = profiles.includes('secure');
  return {
    id,
    name: id.replaceAll(/(^|-)(\w)/g, (_match, _dash: string, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: reason },
    help: { text: `${reason} ${advice}`, markdown: markdown.join('\n') },
    defaultConfiguration: { level: levels[severity] },
    properties: {
      tags: [...profiles, 'dockerfile'],
      precision: 'high',
      'problem.severity': severity === 'note' ? 'recommendation' : severity,
      ...(secure && { 'security-severity': { error: '8.0', warning: '5.0', note: '2.0' }[severity] }),
    },
  };
}

function resultOf(finding: Finding, { file }: FileResult, { textOf, hasBaseline = false }: ReportInput) {
  const { rule, severity, message, range, related = [], fingerprint, suppressed, held, known, fix } = finding;
  const text = textOf(file);
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: levels[severity],
    message: { text: message },
    locations: [{ physicalLocation: physical(file, range, text) }],
    ...(related.length > 0 && {
      relatedLocations: related.map((one, id) => ({
        id,
        message: { text: one.message },
        physicalLocation: physical(file, one.range),
      })),
    }),
    partialFingerprints: { 'holdfast/v1': fingerprint, primaryLocationLineHash: fingerprint },
    ...(suppressed && {
      suppressions: [{ kind: 'inSource', justification: suppressed.reason ?? suppressed.by }],
    }),
    ...(held && { suppressions: [{ kind: 'external', justification: 'holdfast.lock holds it' }] }),
    ...(hasBaseline && { baselineState: known ? 'unchanged' : 'new' }),
    ...(fix &&
      text !== undefined && {
        fixes: [
          {
            description: { text: fix.title },
            artifactChanges: [
              {
                artifactLocation: { uri: uriOf(file) },
                replacements: fix.edits.map(edit => ({
                  deletedRegion: { charOffset: edit.start, charLength: edit.end - edit.start },
                  insertedContent: { text: edit.text },
                })),
              },
            ],
          },
        ],
      }),
  };
}

function physical(file: string, range: SourceRange | undefined, text?: string) {
  const artifactLocation = { uri: uriOf(file) };
  if (range === undefined) return { artifactLocation };
  const { line, column, endLine, endColumn } = range;
  const region = { startLine: line, startColumn: column, endLine, endColumn };
  if (text === undefined) return { artifactLocation, region };
  const snippet = { text: lineAt(text, line) };
  return {
    artifactLocation,
    region: { ...region, snippet: { text: text.slice(range.start, range.end) } },
    contextRegion: { startLine: line, endLine: line, snippet },
  };
}

/** A relative reference (RFC 3986): what has a meaning in a URI is encoded, slashes are not. */
function uriOf(file: string): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? `file://${path}` : path;
}
