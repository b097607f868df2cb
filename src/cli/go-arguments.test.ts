import { Command } from 'commander';
import { expect, test } from 'vitest';
import { goArguments } from './go-arguments.ts';

const command = new Command()
  .option('-t, --tag <ref>')
  .option('-q, --quiet')
  .option('--push')
  .option('--no-cache')
  .option('--tls')
  .option('--no-tls')
  .option('--sbom [value]')
  .option('--build-arg <name=value>');

test.each([
  ['--push=true .', '--push .'],
  ['--push=1', '--push'],
  ['--push=false', ''],
  ['--push --quiet --push=F x', '--quiet x'],
  ['-q --quiet=false', ''],
  ['-q=true', '--quiet'],
  ['--no-cache=false', ''],
  ['--no-cache=true', '--no-cache'],
  ['--tls=false', '--no-tls'],
  ['-t=app:1', '-t app:1'],
  ['-t app:1', '-t app:1'],
  ['--tag=app:1', '--tag=app:1'],
  ['--sbom=false', '--sbom=false'],
  ['--push=maybe', '--push=maybe'],
  ['--other=false', '--other=false'],
  ['--build-arg --push=false', '--build-arg --push=false'],
  ['-t -- --push=true', '-t -- --push'],
  ['-- --push=false', '-- --push=false'],
])('%s', (given, expected) => {
  expect(goArguments(given.split(' '), command).join(' ')).toBe(expected);
});
