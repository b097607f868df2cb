import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementAt, parseXml } from './xml.ts';

const root = (text: string) => {
  const element = parseXml(text);
  if (element === undefined) throw new Error(`not XML: ${text.slice(0, 80)}`);
  return element;
};

describe('parseXml', () => {
  it('reads elements, attributes, text, CDATA, comments and processing instructions', () => {
    const pom = root(
      '\ufeff<?xml version="1.0"?>\n<!-- <a> -->\n<p:project xmlns:p="urn:x" note=\'a "b"\' >\n <a>1</a> <b/>\n' +
        '<c >x<!-- no -->y<![CDATA[ <&amp; ]]></c ><?php <a> ?></p:project>\n<!-- end -->\n',
    );
    expect(pom.name).toBe('p:project');
    expect([...pom.attributes]).toEqual([
      ['xmlns:p', 'urn:x'],
      ['note', 'a "b"'],
    ]);
    expect(pom.children.map(({ name, text }) => [name, text])).toEqual([
      ['a', '1'],
      ['b', ''],
      ['c', 'xy <&amp;'],
    ]);
  });

  it('decodes the five entities and numbers, once', () => {
    expect(root('<a b="&quot;&#65;">&lt;&gt;&amp;&apos;&#x1F600;&amp;lt;</a>')).toMatchObject({
      text: "<>&'\u{1f600}&lt;",
    });
    expect(root('<a b="&quot;&#65;"/>').attributes.get('b')).toBe('"A');
  });

  it('finds the first element by a path', () => {
    const element = root('<a><b><c>1</c></b><b><c>2</c></b></a>');
    expect(elementAt(element, 'b', 'c')?.text).toBe('1');
    expect(elementAt(element, 'c', 'b')).toBeUndefined();
    expect(elementAt(undefined, 'b')).toBeUndefined();
  });

  it.each([
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an external one', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
    ['an unknown entity', '<a>&copy;</a>'],
    ['a bare ampersand', '<a>b & c</a>'],
    ['an entity that does not end', '<a>&amp</a>'],
    ['a code point that is none', '<a>&#x110000;</a>'],
    ['zero', '<a>&#0;</a>'],
    ['a wrong end', '<a><b></a></b>'],
    ['no end', '<a><b></b>'],
    ['an end alone', '</a>'],
    ['two roots', '<a/><b/>'],
    ['text outside', '<a/>b'],
    ['CDATA outside', '<![CDATA[ ]]><a/>'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['an attribute without quotes', '<a b=1/>'],
    ['an attribute with markup', '<a b="<"/>'],
    ['a comment without end', '<a/><!-- '],
    ['nothing', ''],
    ['HTML', '<!doctype html><html><br></html>'],
    ['JSON', '{"a": 1}'],
    ['a tag that stops', '<a'],
  ])('refuses %s', (_, text) => expect(parseXml(text)).toBeUndefined());

  it('refuses depth and numbers beyond all measure', () => {
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);
    expect(parseXml(nested(100))).toBeDefined();
    expect(parseXml(nested(101))).toBeUndefined();
    expect(parseXml('<a>'.repeat(1_000_000))).toBeUndefined();
    expect(parseXml(`<a>${'<b/>'.repeat(200_000)}</a>`)).toBeUndefined();
  });

  it('never throws', () => {
    const piece = fc.constantFrom(
      '<',
      '</',
      'a',
      '>',
      '/>',
      ' b="',
      '"',
      '&',
      'lt;',
      '<!--',
      '-->',
      '<![CDATA[',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), pieces => {
        parseXml(pieces.join(''));
      }),
    );
  });
});
