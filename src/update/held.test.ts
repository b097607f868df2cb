import { expect, test } from 'vitest';
import { HoldfastError, sha256, usageError } from '../core/index.ts';
import { inputsBySection, type Lock } from '../lock/index.ts';
import { refuseLostHolds, withHoldsNamed } from './held.ts';

const hold = { name: 'openssl', until: '2999-12-31', why: 'breaks us' };

const lock = (section: 'apt' | 'npm', version: string): Lock => ({
  version: 1,
  asOf: '2026-02-01T00:00:00Z',
  builds: [],
  inputs: inputsBySection([
    { section, line: { name: 'openssl', version, sha256: sha256(version).slice(7) } },
  ]),
});

const runtime = {} as Parameters<typeof refuseLostHolds>[4];

test('a held package of a distribution that a step takes in another version is an error', async () => {
  await refuseLostHolds([hold], lock('apt', '1'), lock('apt', '1'), [], runtime);
  await refuseLostHolds([hold], lock('npm', '1'), lock('npm', '2'), [], runtime);
  await expect(
    refuseLostHolds([hold], lock('apt', '1'), lock('apt', '2'), [], runtime),
  ).rejects.toMatchObject({
    code: 'UPDATE_HOLD_LOST',
    message: expect.stringContaining('held at 1 until 2999-12-31 (breaks us), and would be 2'),
  });
});

test('a step that fails is the fault of a hold only where it names what is held', () => {
  const failed = (line: string) =>
    new HoldfastError(6, 'STEP_FAILED', 'the step failed', { next: 'Mend it.', details: [line] });
  expect(withHoldsNamed(failed('app : Depends: openssl (= 2)'), [hold])).toMatchObject({
    code: 'UPDATE_HOLD_UNSATISFIABLE',
    exit: 6,
    details: ['app : Depends: openssl (= 2)', 'held until 2999-12-31: openssl: breaks us'],
  });
  for (const other of [failed('no space left'), usageError('OTHER', 'openssl', { next: 'No.' })])
    expect(withHoldsNamed(other, [hold])).toBe(other);
});
