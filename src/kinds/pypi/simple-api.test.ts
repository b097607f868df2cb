import { expect, test } from 'vitest';
import { startTags } from './html.ts';
import { pypi } from './index.ts';

const json = 'application/vnd.pypi.simple.v1+json';
const html = 'application/vnd.pypi.simple.v1+html';

test.each([
  // pip, uv and poetry, as they write it.
  [`${json}, ${html}; q=0.1, text/html; q=0.01`, json],
  [`${json}, ${html};q=0.2, text/html;q=0.01`, json],
  ['text/html', 'text/html'],
  [`${html}, ${json};q=0.5`, html],
  [`${json};q=0, ${html};q=0.1`, html],
  ['application/vnd.pypi.simple.latest+json', json],
  [`${json};q=0.1, */*`, 'text/html'],
  [`${json.toUpperCase()} ; Q=1`, json],
])('%s chooses %s', (accept, chosen) => expect(pypi.vary?.({ accept })).toEqual({ accept: chosen }));

test.each([undefined, '*/*', 'application/json', '', ';;,', `${json};q=0`, `${json};q=x`])(
  '%s chooses nothing',
  accept => expect(pypi.vary?.({ ...(accept !== undefined && { accept }) })).toEqual({}),
);

test('tags are read as a browser reads them', () => {
  const page = `<!-- <a href="no"> --><BASE href='/b/'><A HREF=x data-y="&gt;=3 &amp; &#60;4" href="z">t</a>
    <abbr href="no"><a
    href="a>b"><a href="open`;
  const tags = startTags(page, ['a', 'base']).map(({ name, attributes }) => [name, ...attributes]);
  expect(tags).toEqual([
    ['base', ['href', '/b/']],
    ['a', ['href', 'x'], ['data-y', '>=3 & <4']],
    ['a', ['href', 'a>b']],
    ['a', ['href', '']],
  ]);
});

test.each(['<a href="', '<!--', '<a ', '<a\u0000=', '<a x=\'"', '&#99999999;<'])(
  'a page of nothing but %j is read in one pass',
  text => expect(startTags(text.repeat(200_000), ['a'])).toBeInstanceOf(Array),
);
