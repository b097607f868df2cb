import { expect, test } from 'vitest';
import { parseDockerfile } from '../dockerfile/index.ts';
import { stepsOf } from './steps.ts';

const [, stage] = parseDockerfile('FROM a\nFROM b AS built\nRUN one\nRUN two\n', 'Dockerfile').stages;
if (stage === undefined) throw new Error('two stages were written');
const idsOf = (triggers: readonly string[]) =>
  stepsOf(stage, triggers, 'Dockerfile').map(({ step: { id, name, text } }) => [id, name, text]);

test('a step has the id of its place in the file, whatever triggers come before it', () => {
  expect(idsOf([])).toEqual([
    ['1/0', 'built 1/2', 'RUN one'],
    ['1/1', 'built 2/2', 'RUN two'],
  ]);
  expect(idsOf(['run  first', 'COPY <<EOF /a\nx\nEOF'])).toEqual([
    ['1/onbuild/0', 'built 1/4', 'RUN first'],
    ['1/onbuild/1', 'built 2/4', 'COPY <<EOF /a # ["x\\n"]'],
    ['1/0', 'built 3/4', 'RUN one'],
    ['1/1', 'built 4/4', 'RUN two'],
  ]);
});

test('triggers stand where FROM stands, their heredocs too', () => {
  const [first] = stepsOf(stage, ['RUN <<EOF\nx\nEOF'], 'Dockerfile');
  expect(first?.step.where).toEqual({ file: 'Dockerfile', line: 2, column: 1 });
  expect(first?.instruction.range).toMatchObject({ line: 2, endLine: 2 });
});
