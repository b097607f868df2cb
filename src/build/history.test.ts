import { expect, test } from 'vitest';
import { parsePlatform } from '../core/index.ts';
import { parseDockerfile } from '../dockerfile/index.ts';
import { globalScope } from './arguments.ts';
import { historyText } from './history.ts';
import { applyMetadata, type StageSettings } from './metadata.ts';
import type { Project } from './project.ts';
import { StageScope } from './scope.ts';

/** What the instructions of one stage leave in the history. */
function historyOf(lines: string, buildArguments: Record<string, string> = {}): (string | undefined)[] {
  const dockerfile = parseDockerfile(`FROM a\n${lines}\n`, 'Dockerfile');
  const request = { buildArguments, platform: parsePlatform('linux/amd64') };
  const project = { dockerfile, dockerfileName: 'Dockerfile', request } as unknown as Project;
  const settings: StageSettings = {
    scope: new StageScope(globalScope(project), new Map()),
    platform: request.platform,
    container: { WorkingDir: '/start' },
    ownCommand: false,
    caches: new Map(),
  };
  return (dockerfile.stages[0]?.instructions ?? []).map(instruction => {
    const text = historyText(instruction, settings);
    const { keyword } = instruction;
    const touchesFiles =
      keyword === 'RUN' || keyword === 'COPY' || keyword === 'ADD' || keyword === 'WORKDIR';
    if (!touchesFiles) applyMetadata(instruction, settings);
    return text;
  });
}

test.each([
  ['EXPOSE 5000 1234/UDP 2375-2376', 'EXPOSE [1234/udp 2375/tcp 2376/tcp 5000/tcp]'],
  [
    'HEALTHCHECK --interval=1h1m --timeout=1.5s --start-period=250ms CMD curl  x',
    'HEALTHCHECK {Test:[CMD-SHELL curl  x] Interval:1h1m0s Timeout:1.5s StartPeriod:250ms StartInterval:0s Retries:0}',
  ],
  [
    'HEALTHCHECK --retries=3 --start-interval=90s CMD ["a", "b"]',
    'HEALTHCHECK {Test:[CMD a b] Interval:0s Timeout:0s StartPeriod:0s StartInterval:1m30s Retries:3}',
  ],
  [
    'HEALTHCHECK NONE',
    'HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}',
  ],
  ['ONBUILD RUN true', undefined],
  [String.raw`CMD ["\u0007\t\u007f é\u200b\"\\"]`, String.raw`CMD ["\a\t\x7f é\u200b\"\\"]`],
  ['WORKDIR in/', 'WORKDIR /start/in'],
  ['WORKDIR /', 'WORKDIR /'],
  [
    'COPY --from=b --link --parents --chown=7:8 --chmod=u+x --exclude=z x y /to/',
    'COPY --parents --chown=7:8 --chmod=u+x x y /to/ # buildkit',
  ],
  ['COPY one <<two /to/\nx\ntwo', 'COPY one <<two /to/ # buildkit'],
  ['RUN <<EOF\necho 1\n\n  echo 2\nEOF', 'RUN /bin/sh -c echo 1\n\n  echo 2\n # buildkit'],
  ['RUN <<EOF\n#!/bin/sh\nx\nEOF', 'RUN /dev/pipes/EOF # buildkit'],
  ['RUN cat <<A - <<B\n1\nA\n2\nB', 'RUN /bin/sh -c cat <<A - <<B\n1\nA\n2\nB # buildkit'],
  [
    'RUN --network=none --mount=type=secret,id=s,env=S --mount=type=cache,target=/c true',
    'RUN /bin/sh -c true # buildkit',
  ],
])('%s', (line, expected) => {
  expect(historyOf(line)).toEqual([expected]);
});

test('values are those of before the instruction', () => {
  expect(historyOf('ENV a=1\nENV a=$a$a b=$a\nLABEL l=$a\nARG a=x c=$a')).toEqual([
    'ENV a=1',
    'ENV a=11 b=1',
    'LABEL l=11',
    'ARG a=x c=x',
  ]);
});

test('a setting of a proxy shows where an ARG asks for it, and only there', () => {
  const given = { HTTP_PROXY: 'http://one', NO_PROXY: 'two' };
  expect(historyOf('RUN 1\nARG NO_PROXY\nRUN 2', given)).toEqual([
    'RUN /bin/sh -c 1 # buildkit',
    'ARG NO_PROXY=two',
    'RUN |1 NO_PROXY=two /bin/sh -c 2 # buildkit',
  ]);
});
