import { expect, test } from 'vitest';
import type { BuildEvent } from '../build/index.ts';
import { progressFor } from './progress.ts';

const step = 'build 1/1';

function shown(...outputs: readonly string[]): string[] {
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  const progress = progressFor('auto', { write, isTerminal: false, columns: () => 80, now: () => 0 });
  const where = { file: 'Dockerfile', line: 2 };
  const events: BuildEvent[] = [
    { type: 'step-started', step, label: 'RUN make', where },
    ...outputs.map((text): BuildEvent => ({ type: 'step-output', step, text })),
    { type: 'step-done', step, cached: false },
  ];
  for (const event of events) progress.show(event);
  return written.join('').split('\n').slice(1, -2);
}

test('in a pipe each line of output is one line, the last one with or without its end', () => {
  expect(shown('one\ntw', 'o\r\nthree')).toEqual([`[${step}]   one`, `[${step}]   two`, `[${step}]   three`]);
});

test('of a bar that is drawn over and over the last state stays, and nothing moves a cursor', () => {
  expect(shown('5%\r50%\r', '100%\r\n\u001b[2Jcleared\u0007\n')).toEqual([
    `[${step}]   100%`,
    `[${step}]   cleared`,
  ]);
});

test.each([
  [false, 'failed'],
  [true, 'stopped'],
])('a step that ended for the sake of another is told apart: %s', (stopped, word) => {
  for (const isTerminal of [false, true]) {
    const written: string[] = [];
    const write = (text: string) => void written.push(text);
    const progress = progressFor('auto', { write, isTerminal, columns: () => 80, now: () => 0 });
    progress.show({ type: 'step-started', step, label: 'RUN make', where: { file: 'Dockerfile', line: 2 } });
    progress.show({ type: 'step-failed', step, stopped });
    progress.close();
    expect(written.join('')).toContain(isTerminal && !stopped ? '✗' : word);
  }
});
