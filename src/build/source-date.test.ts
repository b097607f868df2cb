import { expect, test } from 'vitest';
import { parsePlatform } from '../core/index.ts';
import { parseDockerfile } from '../dockerfile/index.ts';
import { globalScope } from './arguments.ts';
import type { Project } from './project.ts';
import { requestedSourceDate } from './source-date.ts';

function project(text: string, given?: string, contextDate?: number): Project {
  return {
    dockerfile: parseDockerfile(text, 'Dockerfile'),
    dockerfileName: 'Dockerfile',
    request: {
      buildArguments: given === undefined ? {} : { SOURCE_DATE_EPOCH: given },
      platform: parsePlatform('linux/amd64'),
    },
    ...(contextDate !== undefined && { fetched: { date: contextDate } }),
  } as unknown as Project;
}

const plain = 'FROM scratch\n';
const dated = 'ARG SOURCE_DATE_EPOCH=1700000000\nFROM scratch\n';
const ofContext = 'ARG SOURCE_DATE_EPOCH=context\nFROM scratch\n';

const ofStage = 'ARG SOURCE_DATE_EPOCH=source\nFROM scratch AS source\nCOPY a /\nFROM scratch\n';

test.each<[what: string, date: number | undefined, project: Project]>([
  ['nothing asks for one', undefined, project(plain)],
  ['it is given', 1_700_000_001, project(plain, '1700000001')],
  ['an ARG above FROM has it', 1_700_000_000, project(dated)],
  ['both say one', 1_700_000_001, project(dated, '1700000001')],
  ['it is given where an ARG has the name of a stage', 1_700_000_001, project(ofStage, '1700000001')],
  ['an ARG of a stage has it', undefined, project(`${plain}ARG SOURCE_DATE_EPOCH=1700000000\n`)],
  ['that of a fetched context is asked for', 5, project(plain, 'context', 5)],
  ['the same, by the Dockerfile', 5, project(ofContext, undefined, 5)],
  ['that of files on this machine is asked for', undefined, project(plain, 'context')],
  ['the same, by the Dockerfile', undefined, project(ofContext)],
])('the date where %s', (_, date, of) => {
  expect(requestedSourceDate(of)).toBe(date);
});

test.each(['yesterday', '-1', '1.5', '123456789012'])('"%s" is no date', text => {
  expect(() => requestedSourceDate(project(plain, text))).toThrow('SOURCE_DATE_EPOCH');
  expect(() => requestedSourceDate(project(`ARG SOURCE_DATE_EPOCH=${text}\n${plain}`))).toThrow(
    'SOURCE_DATE_EPOCH',
  );
});

test('a stage has no date of its own', () => {
  expect(() => requestedSourceDate(project(ofStage))).toThrow('SOURCE_DATE_EPOCH is "source"');
});

test('steps are told the date itself', () => {
  expect(globalScope(project(plain, 'context', 5)).buildArguments).toEqual({ SOURCE_DATE_EPOCH: '5' });
  expect(globalScope(project(plain, 'context')).buildArguments).toEqual({});
});
