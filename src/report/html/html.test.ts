import { expect, test } from 'vitest';
import { clipped, html } from './html.ts';

test('what is interpolated is text, unless it is HTML already', () => {
  const name = `"><script>alert('x')</script>&amp;`;
  expect(
    html`<a title="${name}">${html`<b>${name}</b>`}${undefined}${[html`<i>`, html`</i>`]}${1}</a>`.text,
  ).toBe(
    '<a title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;"><b>&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;</b><i></i>1</a>',
  );
});

test('what cannot be seen is named', () => {
  expect(html`${'a\u202Egpj.exe\u0000\u200B\uD800\t\n'}`.text).toBe('a⟨202E⟩gpj.exe⟨0000⟩⟨200B⟩\ufffd\t\n');
  expect(clipped('abcdef', 4)).toBe('abc…');
});
