import { afterAll, expect, test } from 'vitest';
import { failure, loaded, removeProjects } from './testing.ts';
import { wordsOf } from './words.ts';

afterAll(removeProjects);

const run = (keys: string) =>
  loaded(`services:\n  a:\n    image: i\n${keys.replaceAll(/^/gm, '    ')}\n`)
    .services.get('a')
    ?.run();

test.each([
  ['', []],
  ['  one  two ', ['one', 'two']],
  [`sh -c 'a  "b"' "c $x" d\\ e ''`, ['sh', '-c', 'a  "b"', 'c $x', 'd e', '']],
  [`"a\\"b" 'c\\'`, ['a"b', 'c\\']],
  [`--x="y z"w`, ['--x=y zw']],
])('the words of %j', (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test.each([
  ['command: run --fast "it now"', { command: ['run', '--fast', 'it now'] }],
  ['command: [run, "1"]\nentrypoint: /start', { command: ['run', '1'], entrypoint: ['/start'] }],
  ['user: 1000', { user: '1000' }],
  ['command: null', { command: undefined, health: undefined, needs: [] }],
  ['depends_on: [db]\nvolumes: [".:/a"]', { needs: ['depends_on', 'volumes'] }],
])('a container by %j', (keys, expected) => {
  expect(run(keys)).toMatchObject(expected);
});

test.each([
  ['{test: curl -f http://localhost}', { test: ['CMD-SHELL', 'curl -f http://localhost'], seconds: 90 }],
  ['{test: [CMD, "true"], interval: 1s}', { test: ['CMD', 'true'], seconds: 3 }],
  [
    '{test: [CMD-SHELL, "exit 0"], interval: 1m30s, retries: 2, start_period: 10s}',
    { test: ['CMD-SHELL', 'exit 0'], seconds: 190 },
  ],
  ['{test: [NONE]}', undefined],
  ['{test: [CMD, a], disable: true}', undefined],
  ['{interval: 5s}', undefined],
])('a health check %j', (text, health) => {
  expect(run(`healthcheck: ${text}`)?.health).toEqual(health);
});

test.each([
  '{test: [curl, x]}',
  '{test: a, interval: soon}',
  '{test: a, retries: -1}',
  '{test: a, every: 1s}',
  '[a]',
])('a health check %j is refused, when it is asked for', text => {
  const files = `services:\n  a:\n    image: i\n    healthcheck: ${text}\n`;
  expect(failure(files)).toBe('no error');
  expect(() => loaded(files).services.get('a')?.run()).toThrow(/healthcheck/);
});
