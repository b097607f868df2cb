import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../dockerfile/index.ts';
import { upgradedIn, type BuiltDockerfile } from './index.ts';

const upgraded = (text: string, build: Omit<BuiltDockerfile, 'dockerfile'> = {}) => [
  ...upgradedIn({ dockerfile: parseDockerfile(text, 'Dockerfile'), ...build }),
];
const given = (build: Record<string, string>, automatic: readonly [string, string][] = []) => ({
  given: { build, automatic: new Map(automatic) },
});
const upgrade = 'RUN apt-get update && apt-get upgrade -y';

describe('what a build upgrades', () => {
  it('is what the stages do that its image begins from', () => {
    expect(upgraded(`FROM a\n${upgrade}\n`)).toEqual(['apt']);
    expect(upgraded(`FROM a AS base\n${upgrade}\nFROM base AS middle\nRUN x\nFROM middle\n`)).toEqual([
      'apt',
    ]);
    expect(upgraded('FROM a\nRUN apk upgrade && pip install x\n')).toEqual(['apk']);
    expect(upgraded('FROM a\nRUN apt-get install -y x\n')).toEqual([]);
  });

  it('is not what a stage does that it copies or mounts from', () => {
    const builder = `FROM a AS builder\n${upgrade}\nFROM a\n`;
    expect(upgraded(`${builder}COPY --from=builder /x /\n`)).toEqual([]);
    expect(upgraded(`${builder}COPY --from=0 /x /\n`)).toEqual([]);
    expect(upgraded(`${builder}RUN --mount=from=builder,target=/b cp /b/x /\n`)).toEqual([]);
    expect(upgraded(`${builder}RUN apk upgrade\n`)).toEqual(['apk']);
  });

  it('depends on the target, by name or number', () => {
    const text = `FROM a AS plain\nFROM a AS Fresh\n${upgrade}\nFROM plain\n`;
    expect(upgraded(text)).toEqual([]);
    expect(upgraded(text, { target: 'fresh' })).toEqual(['apt']);
    expect(upgraded(text, { target: 'FRESH' })).toEqual(['apt']);
    expect(upgraded(text, { target: '1' })).toEqual(['apt']);
    expect(upgraded(text, { target: 'plain' })).toEqual([]);
    expect(upgraded(text, { target: 'gone' })).toEqual([]);
  });

  it('depends on the arguments of FROM, given, by default, and of the platform', () => {
    const stages = `FROM a AS old\nFROM a AS new-amd64\n${upgrade}\n`;
    const chosen = `ARG BASE=old\n${stages}FROM \${BASE}\n`;
    expect(upgraded(chosen)).toEqual([]);
    expect(upgraded(chosen, given({ BASE: 'new-amd64' }))).toEqual(['apt']);
    expect(upgraded(chosen.replace('=old', '=new-amd64'), given({ BASE: 'old' }))).toEqual([]);
    const byPlatform = `${stages}FROM old AS new-arm64\nFROM new-\${TARGETARCH}\n`;
    expect(upgraded(byPlatform, given({}, [['TARGETARCH', 'amd64']]))).toEqual(['apt']);
    expect(upgraded(byPlatform, given({}, [['TARGETARCH', 'arm64']]))).toEqual([]);
    // Without an ARG nobody sees what was given.
    expect(upgraded(`${stages}FROM \${BASE:-old}\n`, given({ BASE: 'new-amd64' }))).toEqual([]);
  });

  it('depends on the arguments of a command', () => {
    const text = 'FROM a\nARG ACTION=check\nRUN apt-get $ACTION\n';
    expect(upgraded(text)).toEqual([]);
    expect(upgraded(text, given({ ACTION: 'upgrade' }))).toEqual(['apt']);
  });

  it('is what scripts of the context do', () => {
    const text = 'FROM a AS b\nCOPY up.sh /up.sh\nRUN /up.sh\nFROM a\nCOPY --from=b /x /\n';
    const read = (path: string) => (path === 'up.sh' ? '#!/bin/sh\napt-get dist-upgrade -y\n' : undefined);
    expect(upgraded(text, { read })).toEqual([]);
    expect(upgraded(text, { read, target: 'b' })).toEqual(['apt']);
    expect(upgraded(text, { target: 'b' })).toEqual([]);
  });

  it('is what triggers do, in the stage that begins from theirs', () => {
    const own = `FROM a AS b\nONBUILD ${upgrade}\n`;
    expect(upgraded(own)).toEqual([]);
    expect(upgraded(`${own}FROM b\n`)).toEqual(['apt']);
    expect(upgraded(`${own}FROM b AS c\nFROM c\n`)).toEqual(['apt']);
    const triggersOf = (reference: string) => (reference === 'a:1' ? ['RUN true', upgrade] : []);
    expect(upgraded('ARG V=1\nFROM a:$V\n', { triggersOf })).toEqual(['apt']);
    expect(upgraded('ARG V=1\nFROM a:$V\n', { triggersOf, ...given({ V: '2' }) })).toEqual([]);
    expect(upgraded('FROM a:1 AS b\nFROM a:2\nCOPY --from=b /x /\n', { triggersOf })).toEqual([]);
    expect(upgraded('FROM scratch\n', { triggersOf })).toEqual([]);
  });
});
