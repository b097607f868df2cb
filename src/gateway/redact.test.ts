import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSigned, redactLink, redactLocation, redactUrl } from './redact.ts';

const clean = (text: string) => redactUrl(new URL(text));

describe('redactUrl', () => {
  it.each([
    ['http://u:p@a.test/x#f', 'http://a.test/x'],
    ['http://a.test:80/x?', 'http://a.test/x'],
    ['https://a.test/x?b=2&a=%20+1&c', 'https://a.test/x?b=2&a=%20+1&c'],
    ['https://a.test/x?v=1&Token=s&w=2', 'https://a.test/x?v=1&Token=REDACTED&w=2'],
    [
      'https://a.test/?X-Amz-Date=1&X-Amz-Signature=s&id=7',
      'https://a.test/?X-Amz-Date=REDACTED&X-Amz-Signature=REDACTED&id=7',
    ],
    ['https://a.test/?se=2030&sp=r&sig=s', 'https://a.test/?se=REDACTED&sp=REDACTED&sig=REDACTED'],
    ['https://a.test/?expires=never', 'https://a.test/?expires=never'],
    ['https://a.test/?%74oken=s', 'https://a.test/?%74oken=REDACTED'],
    ['https://a.test/?my_api-secret=s&token=', 'https://a.test/?my_api-secret=REDACTED&token='],
    ['https://a.test/?u=https%3A%2F%2Fb.test%2F%3Fsig%3Ds', 'https://a.test/?u=REDACTED'],
    ['https://a.test/?q=100%&password=p', 'https://a.test/?q=100%&password=REDACTED'],
  ])('%s', (given, wanted) => expect(clean(given)).toBe(wanted));

  it('twice is once, and no value of a credential remains', () => {
    const parameter = fc.tuple(
      fc.constantFrom('token', 'sig', 'a', 'X-Amz-Credential', 'expires'),
      fc.stringMatching(/^[a-z0-9%+]{0,8}$/),
    );
    fc.assert(
      fc.property(fc.array(parameter), fc.webPath(), (parameters, path) => {
        const url = `https://a.test${path}?${parameters.map(([name, value]) => `${name}=${value}`).join('&')}`;
        const once = clean(url);
        expect(clean(once)).toBe(once);
        for (const [name, value] of new URL(once).searchParams)
          if (name !== 'a' && name !== 'expires') expect(['', 'REDACTED']).toContain(value);
      }),
    );
  });
});

it('tells signed URLs', () => {
  const signed = [
    '?X-Amz-Signature=1',
    '?sig=1&se=2',
    '?Signature=1&Key-Pair-Id=2',
    '?a=1&access_token=2',
    '?token=x',
  ];
  for (const query of signed) expect(isSigned(new URL(`https://a.test/${query}`))).toBe(true);
  for (const query of ['', '?signed-off=1', '?key=1', '?version=2'])
    expect(isSigned(new URL(`https://a.test/${query}`))).toBe(false);
});

it('leaves headers with URLs as they were, unless there is something to hide', () => {
  const base = new URL('https://a.test/dir/');
  expect(redactLocation('../x?v=1#part', base)).toBe('../x?v=1#part');
  expect(redactLocation('x?token=1', base)).toBe('https://a.test/dir/x?token=REDACTED');
  expect(redactLocation('x#access_token=1', base)).toBe('https://a.test/dir/x');
  expect(redactLink('<x?token=1>; rel="next", </y>; rel="last"', base)).toBe(
    '<https://a.test/dir/x?token=REDACTED>; rel="next", </y>; rel="last"',
  );
});
