import { expect, test } from 'vitest';
import { refuseOlderArchives } from './behind.ts';
import type { Change } from './changes.ts';

const moved = (from: string, to: string, section: Change['section'] = 'archives'): Change => ({
  section,
  name: 'http://deb.test/ stable',
  what: 'moved',
  from: [from],
  to: [to],
});

test('an archive goes forward, and never back', () => {
  const [old, now] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'];
  expect(() => refuseOlderArchives([moved(old, now), moved('2', '1', 'apt')])).not.toThrow();
  expect(() => refuseOlderArchives([{ ...moved(old, now), what: 'added', from: [] }])).not.toThrow();
  expect(() => refuseOlderArchives([moved(now, old)])).toThrow(
    expect.objectContaining({ code: 'ARCHIVE_WENT_BACK', exit: 5 }),
  );
});
