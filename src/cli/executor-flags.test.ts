import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { otherFlags } from './executor-flags.ts';

test('every flag is in the table for those who come from kaniko', () => {
  const page = readFileSync(new URL('../../docs/from-kaniko.md', import.meta.url), 'utf8');
  const families = ['insecure', 'skip-tls-verify'];
  const missing = Object.keys(otherFlags).filter(
    name =>
      !page.includes(`--${name}`) &&
      name !== 'snapshotMode' &&
      !families.some(family => name.startsWith(family)),
  );
  expect(missing).toEqual([]);
});
