import { expect, test } from 'vitest';
import { sha256 } from '../core/index.ts';
import { bodyOf, outcomeOf } from './answers.ts';

function answered(...statuses: readonly number[]) {
  const responses = statuses.map((status, n) => {
    return { status, headers: [], body: { digest: sha256(String(n)), size: n } };
  });
  return { key: { method: 'GET', url: 'https://r.test/', vary: {} }, responses };
}

test.each([
  [[200], 'whole'],
  [[200, 200], 'whole'],
  [[404], 'pointer'],
  [[302, 410], 'pointer'],
  [[404, 200], 'mixed'],
  [[206], 'mixed'],
  [[304], 'mixed'],
  [[], 'mixed'],
])('answers of %j are %s', (statuses, outcome) => {
  expect(outcomeOf(answered(...statuses))).toBe(outcome);
});

test('the body is the last that is the file’s', () => {
  expect(bodyOf(answered(200, 200, 404))?.size).toBe(1);
  expect(bodyOf(answered(404))).toBeUndefined();
});
