import { describe, expect, it } from 'vitest';
import {
  checkText,
  defaultSettings,
  formatBaseline,
  rules,
  withBaseline,
  type FileResult,
} from '../../check/index.ts';
import { findingsSarif } from './sarif.ts';

interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly baselineState?: string;
  readonly suppressions?: readonly { readonly kind: string; readonly justification: string }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly locations: readonly { readonly physicalLocation: { readonly region: Region } }[];
  readonly fixes?: readonly {
    readonly artifactChanges: readonly {
      readonly replacements: readonly {
        readonly deletedRegion: { readonly charOffset: number; readonly charLength: number };
        readonly insertedContent: { readonly text: string };
      }[];
    }[];
  }[];
}

const text = `# holdfast ignore=image-tag -- on purpose
FROM --platform=$TARGETPLATFORM alpine
# trivy:ignore:AVD-DS-0001
RUN wget https://host.test/a-1.tgz \
  && apk add tree
`;

function checked(source = text): FileResult {
  return checkText(source, 'a b/Dockerfile', defaultSettings, { hasFile: () => false });
}

function sarif(result: FileResult, hasBaseline = false, source = text) {
  const input = { results: [result], textOf: () => source, version: '1.2.3', hasBaseline };
  return JSON.parse(findingsSarif(input)) as {
    runs: [{ tool: { driver: { rules: { id: string; help: { markdown: string } }[] } }; results: Result[] }];
  };
}

const byRule = (results: readonly Result[], id: string) => results.find(({ ruleId }) => ruleId === id);

describe('SARIF', () => {
  it('has help for each rule, and results that point at theirs', () => {
    const [{ tool, results }] = sarif(checked()).runs;
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(rules.map(({ id }) => id));
    for (const { help } of tool.driver.rules) expect(help.markdown).toContain('```dockerfile\n');
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
  });

  it('has fixes that an editor can make', () => {
    const fix = byRule(sarif(checked()).runs[0].results, 'platform-redundant')?.fixes?.[0];
    const [edit] = fix?.artifactChanges[0]?.replacements ?? [];
    const { charOffset = 0, charLength = 0 } = edit?.deletedRegion ?? {};
    const mended =
      text.slice(0, charOffset) + edit?.insertedContent.text + text.slice(charOffset + charLength);
    expect(mended).toContain('\nFROM alpine\n');
  });

  it('says what a comment asks to be left out, and why', () => {
    const { suppressions } = byRule(sarif(checked()).runs[0].results, 'image-tag') ?? {};
    expect(suppressions).toEqual([{ kind: 'inSource', justification: 'on purpose' }]);
  });

  it('knows a finding again below new lines', () => {
    const before = byRule(sarif(checked()).runs[0].results, 'apk-version');
    const moved = `ARG A\n${text}`;
    const after = byRule(sarif(checked(moved), false, moved).runs[0].results, 'apk-version');
    expect(after?.partialFingerprints).toEqual(before?.partialFingerprints);
    const lines = [before, after].map(one => one?.locations[0]?.physicalLocation.region.startLine);
    expect(lines[1]).toBe((lines[0] ?? 0) + 1);
  });

  it('tells what is new from what the baseline knows', () => {
    const known = JSON.parse(formatBaseline([checked()])) as { findings: string[][] };
    const [first, ...rest] = known.findings.map(([, , fingerprint = '']) => fingerprint);
    const [result] = withBaseline([checked()], new Set(rest));
    if (result === undefined) throw new Error('no result');
    const states = sarif(result, true).runs[0].results;
    const fresh = states.filter(({ baselineState }) => baselineState === 'new');
    expect(fresh.some(one => one.partialFingerprints['holdfast/v1'] === first)).toBe(true);
    expect(states.some(({ baselineState }) => baselineState === 'unchanged')).toBe(true);
    expect(sarif(checked()).runs[0].results.every(one => one.baselineState === undefined)).toBe(true);
  });
});
