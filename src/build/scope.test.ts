import { describe, expect, test } from 'vitest';
import { parsePlatform } from '../core/index.ts';
import { parseDockerfile } from '../dockerfile/index.ts';
import { globalScope, lockedArguments, unusedBuildArguments } from './arguments.ts';
import type { Project } from './project.ts';
import { StageScope } from './scope.ts';

function project(text: string, buildArguments: Record<string, string> = {}, target?: string): Project {
  const dockerfile = parseDockerfile(text, 'Dockerfile');
  const request = { buildArguments, target, platform: parsePlatform('linux/arm/v7') };
  return { dockerfile, dockerfileName: 'Dockerfile', request } as unknown as Project;
}

/** What a step at the end of the last stage sees, and what its image keeps. */
function atEnd(
  text: string,
  buildArguments?: Record<string, string>,
  inherited: Record<string, string> = {},
) {
  const built = project(text, buildArguments);
  const global = globalScope(built);
  let scope = new StageScope(global, new Map(Object.entries(inherited)));
  for (const { instructions } of built.dockerfile.stages) {
    scope = new StageScope(global, scope.environment, scope);
    for (const instruction of instructions) {
      if (instruction.keyword === 'ARG') scope.declare(instruction);
      if (instruction.keyword !== 'ENV') continue;
      const expand = scope.expander();
      for (const { name, value } of instruction.variables) scope.setEnvironment(expand(name), expand(value));
    }
  }
  return {
    step: Object.fromEntries(scope.variables),
    image: Object.fromEntries(scope.environment),
  };
}

describe('arguments', () => {
  test('take defaults from those before FROM, and what the user gives', () => {
    const text = 'ARG a1="foo bar" a2=box\nARG a3="$a2-foo"\nFROM busy$a2\nARG a3 a4="123 456" a1\n';
    expect(atEnd(text).step).toEqual({ a1: 'foo bar', a3: 'box-foo', a4: '123 456' });
    expect(atEnd(text, { a2: 'x', a4: '$a1' }).step).toEqual({ a1: 'foo bar', a3: 'x-foo', a4: '$a1' });
  });

  test('hold from their line on, on one line from left to right', () => {
    expect(atEnd('FROM a\nARG B=$A\nARG A=1 C=$A D\n').step).toEqual({ A: '1', B: '', C: '1' });
  });

  test('a default is not expanded where a value is given', () => {
    const text = 'FROM a\nARG FOO\nARG BAR=${FOO:?"foo missing"}\n';
    expect(() => atEnd(text)).toThrow('foo missing');
    expect(atEnd(text, { BAR: '1' }).step).toEqual({ BAR: '1' });
  });

  test('of ARG and ENV with one name the later counts, and the image keeps what ENV set', () => {
    expect(atEnd('FROM a\nARG V=arg\nENV V=env\n')).toEqual({ step: { V: 'env' }, image: { V: 'env' } });
    expect(atEnd('FROM a\nENV V=env\nARG V=arg\n')).toEqual({ step: { V: 'arg' }, image: { V: 'env' } });
    expect(atEnd('FROM a\nARG V=arg\n', {}, { V: 'base' })).toEqual({
      step: { V: 'arg' },
      image: { V: 'base' },
    });
    expect(atEnd('FROM a\nARG V\n', {}, { V: 'base' }).step).toEqual({ V: 'base' });
    expect(atEnd('FROM a\nARG V\nENV V=${V:-1.0}\n', { V: '2' }).image).toEqual({ V: '2' });
  });

  test('go on in a stage that begins from the one that declared them', () => {
    const text = 'FROM a AS one\nARG A=1\nENV E=env\nARG E=arg\nFROM one\n';
    expect(atEnd(text)).toEqual({ step: { A: '1', E: 'env' }, image: { E: 'env' } });
  });

  test('all words of one ENV see the values before it', () => {
    expect(atEnd('FROM a\nENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc\n').image).toEqual({
      abc: 'bye',
      def: 'hello',
      ghi: 'bye',
    });
  });

  test('the automatic ones are there for FROM, and for a stage that declares them', () => {
    expect(atEnd('FROM a\nENV A=$TARGETARCH\n').image).toEqual({ A: '' });
    expect(
      atEnd('FROM a\nARG TARGETPLATFORM TARGETARCH TARGETVARIANT\nENV X=$TARGETPLATFORM\n').step,
    ).toEqual({
      TARGETPLATFORM: 'linux/arm/v7',
      TARGETARCH: 'arm',
      TARGETVARIANT: 'v7',
      X: 'linux/arm/v7',
    });
    expect(atEnd('FROM a\nARG TARGETOS\n', { TARGETOS: 'freebsd' }).step).toEqual({ TARGETOS: 'freebsd' });
    expect(atEnd('ARG TARGETOS=mine\nARG TARGETOS\nFROM a\nARG TARGETOS\n').step).toEqual({
      TARGETOS: 'mine',
    });
    expect(atEnd('FROM a\nARG TARGETSTAGE\n').step).toEqual({ TARGETSTAGE: 'default' });
    expect(atEnd('FROM a AS end\nARG TARGETSTAGE\n').step).toEqual({ TARGETSTAGE: 'end' });
    expect(atEnd('FROM a\nARG BUILDKIT_SBOM_SCAN_STAGE=true\n').step).toEqual({});
  });
});

describe('build arguments', () => {
  const given = {
    HTTP_PROXY: 'http://user:secret@proxy.test',
    no_proxy: 'x',
    A: '1',
    BUILDKIT_INLINE_CACHE: '1',
  };

  test('that nothing declares are told of, unless they have a meaning of their own', () => {
    expect(unusedBuildArguments(project('FROM a\n', given))).toEqual(['A']);
  });

  test('a proxy belongs to the lock only where an ARG asks for it', () => {
    expect(lockedArguments(project('FROM a\nARG no_proxy\n', given))).toEqual({
      no_proxy: 'x',
      A: '1',
      BUILDKIT_INLINE_CACHE: '1',
    });
  });
});
