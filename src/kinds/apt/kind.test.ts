import { describe, expect, it } from 'vitest';
import { sha256 } from '../../core/index.ts';
import { aptKind } from './kind.ts';

describe('checkNew', () => {
  const text = 'Date: Sat, 01 Jun 2024 12:00:00 UTC\nValid-Until: Sat, 08 Jun 2024 12:00:00 UTC\nSHA256:\n';
  const body = { digest: sha256(text), size: text.length };
  const exchange = {
    key: { method: 'GET', url: 'http://deb.test/debian/dists/stable/Release', vary: {} },
    responses: [{ status: 200, headers: [], body }],
  };
  const check = (now: string, asOf?: string) =>
    aptKind().checkNew?.(exchange, {
      readBody: () => Promise.resolve(Buffer.from(text)),
      now: new Date(now),
      ...(asOf !== undefined && { asOf: new Date(asOf) }),
    });

  it('measures an index against the clock', async () => {
    await check('2024-06-02T00:00:00Z');
    await expect(check('2025-06-02T00:00:00Z')).rejects.toMatchObject({ code: 'APT_RELEASE_EXPIRED' });
  });

  it('measures an index of the lock’s date against that date', async () => {
    await check('2025-06-02T00:00:00Z', '2024-06-02T00:00:00Z');
    const late = check('2025-06-02T00:00:00Z', '2024-06-09T00:00:00Z');
    await expect(late).rejects.toMatchObject({ code: 'APT_RELEASE_EXPIRED' });
    // Newer than the lock: upstream's present state, which must be good now.
    await check('2024-06-02T00:00:00Z', '2024-05-01T00:00:00Z');
    const stale = check('2025-06-02T00:00:00Z', '2024-05-01T00:00:00Z');
    await expect(stale).rejects.toMatchObject({ code: 'APT_RELEASE_EXPIRED' });
  });
});
