import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Mask, masked } from './mask.ts';

const texts = ['secret-two', 'pässwörd', 'secret', '.*+ab'];

test('a text is replaced however it is cut into pieces, and nothing else is changed', () => {
  const part = fc.oneof(fc.constantFrom(...texts, 'sec', 'ret', '-t', 'p', 'ä', '\n', '.*+'), fc.string());
  fc.assert(
    fc.property(fc.array(part), fc.array(fc.nat(20)), (parts, cuts) => {
      const whole = Buffer.from(parts.join(''));
      const mask = new Mask(texts);
      let shown = '';
      let at = 0;
      for (const length of cuts) {
        shown += mask.push(whole.subarray(at, at + length));
        at += length;
      }
      shown += mask.push(whole.subarray(at)) + mask.end();
      expect(shown).toBe(masked(parts.join(''), texts));
      for (const text of texts) expect(shown).not.toContain(text);
    }),
  );
});

test('what cannot become a secret any more is shown at once', () => {
  const mask = new Mask(texts);
  expect(mask.push(Buffer.from('done\nsecr'))).toBe('done\n');
  expect(mask.push(Buffer.from('eal'))).toBe('secreal');
  expect(mask.push(Buffer.from('secret'))).toBe('');
  expect(mask.end()).toBe('****');
});
