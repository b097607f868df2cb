import { expect, test } from 'vitest';
import { errorAt, interrupted, usageError } from '../core/index.ts';
import { exitCodeOf } from './error-report.ts';

test.each([
  [interrupted('SIGINT'), 130],
  [interrupted('SIGTERM'), 143],
  [errorAt(interrupted('SIGTERM'), { file: 'Dockerfile', line: 1 }), 143],
  [usageError('OTHER', 'wrong', { next: 'Do it.', cause: 'SIGTERM' }), 2],
  [new Error('a bug'), 70],
])('%s ends with %i', (thrown, code) => {
  expect(exitCodeOf(thrown)).toBe(code);
});
