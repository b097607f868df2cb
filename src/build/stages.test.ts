import { describe, expect, test } from 'vitest';
import { HoldfastError } from '../core/index.ts';
import { parseDockerfile, sourcesOf, type Stage } from '../dockerfile/index.ts';
import type { Project } from './project.ts';
import { baseStage, sourceStage, targetStage } from './stages.ts';

const text = `FROM a AS One
FROM b AS golang
FROM c AS one
FROM d
RUN --mount=from=one,target=/a --mount=type=tmpfs,target=/b true
COPY --from=2 a b
COPY a b
`;
const dockerfile = parseDockerfile(text, 'Dockerfile');
const { stages } = dockerfile;
const where = { file: 'Dockerfile', line: 9 };

function stage(index: number): Stage {
  const found = stages[index];
  if (found === undefined) throw new Error(`no stage ${index}`);
  return found;
}

function codeOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
  } catch (error) {
    if (error instanceof HoldfastError) return error.code;
  }
  return undefined;
}

describe('--from', () => {
  const source = (reader: number, from: string) => sourceStage(dockerfile, stage(reader), from, where)?.index;

  test('means a stage above, by name in whatever case, or by number', () => {
    expect(source(3, 'GoLang')).toBe(1);
    expect(source(3, '0')).toBe(0);
  });

  test('of two stages with one name means the later, even where that one comes too late', () => {
    expect(source(3, 'ONE')).toBe(2);
    expect(codeOf(() => source(1, 'one'))).toBe('STAGE_ORDER');
  });

  test('does not mean the stage itself, one below, or one that is not there', () => {
    expect(codeOf(() => source(1, 'golang'))).toBe('STAGE_ORDER');
    expect(codeOf(() => source(1, '1'))).toBe('STAGE_ORDER');
    expect(codeOf(() => source(0, '3'))).toBe('STAGE_ORDER');
    expect(codeOf(() => source(3, '4'))).toBe('STAGE_UNKNOWN');
  });

  test('means something else where no stage has the name', () => {
    expect(source(3, 'debian')).toBeUndefined();
  });
});

test('FROM means the nearest stage above with that name, and no number', () => {
  expect(baseStage(dockerfile, stage(2), 'one')?.index).toBe(0);
  expect(baseStage(dockerfile, stage(3), 'one')?.index).toBe(2);
  expect(baseStage(dockerfile, stage(1), 'golang')).toBeUndefined();
  expect(baseStage(dockerfile, stage(3), '0')).toBeUndefined();
});

test('the target is a name in whatever case, a number, or the last', () => {
  const target = (name?: string) =>
    targetStage({
      dockerfile,
      dockerfileName: 'Dockerfile',
      request: { target: name },
    } as unknown as Project);
  expect([target()?.index, target('GOLANG')?.index, target('0')?.index]).toEqual([3, 1, 0]);
  expect(() => target('goland')).toThrow('no stage "goland"; it has one, golang, one, 3');
  expect(codeOf(() => target('9'))).toBe('STAGE_UNKNOWN');
});

test('an instruction reads from what COPY and the mounts of RUN name', () => {
  expect(stage(3).instructions.map(sourcesOf)).toEqual([['one'], ['2'], []]);
});
