import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, type Digest } from '../core/index.ts';
import { chainId, formatImageConfig, parseImageConfig } from './config.ts';
import { orderedJson } from './ordered-json.ts';

const diffIds = [sha256('a'), sha256('b')] as const;
const minimal = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } };

describe('image configs', () => {
  test('are written in one order, whatever order they were read in', () => {
    const text = JSON.stringify({
      history: [{ empty_layer: true, created_by: 'ENV', created: '2026-01-01T00:00:00Z' }],
      rootfs: { diff_ids: diffIds, type: 'layers' },
      zebra: { b: 1, a: [{ y: 1, x: 2 }] },
      config: {
        Shell: ['/bin/bash', '-c'],
        Labels: { z: '1', a: '2' },
        Healthcheck: { Retries: 3, Test: ['NONE'] },
        Env: ['Z=1', 'A=2'],
        Custom: true,
        ExposedPorts: { '80/tcp': {}, '443/tcp': {} },
      },
      os: 'linux',
      architecture: 'amd64',
      created: '2026-01-01T00:00:00Z',
    });
    expect(formatImageConfig(parseImageConfig(text))).toBe(
      '{"created":"2026-01-01T00:00:00Z","architecture":"amd64","os":"linux","config":{' +
        '"ExposedPorts":{"443/tcp":{},"80/tcp":{}},"Env":["Z=1","A=2"],"Labels":{"a":"2","z":"1"},' +
        '"Healthcheck":{"Test":["NONE"],"Retries":3},"Shell":["/bin/bash","-c"],"Custom":true},' +
        `"rootfs":{"type":"layers","diff_ids":["${diffIds[0]}","${diffIds[1]}"]},` +
        '"history":[{"created":"2026-01-01T00:00:00Z","created_by":"ENV","empty_layer":true}],' +
        '"zebra":{"a":[{"x":2,"y":1}],"b":1}}',
    );
  });

  test('null is absent, as Go writes it', () => {
    const config = parseImageConfig(
      JSON.stringify({
        ...minimal,
        history: null,
        config: { Cmd: null, Entrypoint: null, Healthcheck: null },
      }),
    );
    expect(formatImageConfig(config)).toBe(
      orderedJson(
        { ...minimal, config: {} },
        { architecture: true, os: true, config: true, rootfs: { type: true } },
      ),
    );
  });

  test.each<[string, string]>([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['no rootfs', JSON.stringify({ architecture: 'amd64', os: 'linux' })],
    [
      'a diff ID of another kind',
      JSON.stringify({ ...minimal, rootfs: { type: 'layers', diff_ids: ['md5:1'] } }),
    ],
    ['an environment of numbers', JSON.stringify({ ...minimal, config: { Env: [1] } })],
    ['too deep', JSON.stringify({ ...minimal, x: JSON.parse('['.repeat(70) + ']'.repeat(70)) as unknown })],
    ['far too deep', '['.repeat(1_000_000)],
    ['too large', JSON.stringify({ ...minimal, x: 'x'.repeat(5_000_000) })],
    ['a string that never ends', `"${String.raw`\"`.repeat(1_000_000)}`],
  ])('refused: %s', (_what, text) => {
    expect(() => parseImageConfig(text)).toThrow(
      expect.objectContaining({ code: 'IMAGE_CONFIG_INVALID', exit: 4 }),
    );
  });

  test('brackets within strings are not depth, and __proto__ is a name like any', () => {
    const config = parseImageConfig(
      JSON.stringify({ ...minimal, author: '['.repeat(100) }).replace('{', '{"__proto__":{"os":"evil"},'),
    );
    expect(config.author).toHaveLength(100);
    expect(config.os).toBe('linux');
    expect(({} as Record<string, unknown>)['os']).toBeUndefined();
  });
});

test('chain IDs follow the specification', () => {
  const [a, b] = diffIds;
  const c = sha256('c');
  expect(chainId([a])).toBe(a);
  expect(chainId([a, b])).toBe(sha256(`${a} ${b}`));
  expect(chainId([a, b, c])).toBe(sha256(`${sha256(`${a} ${b}`)} ${c}`));
  expect(() => chainId([] as Digest[])).toThrow(TypeError);
});

test('ordered JSON is JSON of the same value, and the same text for any order of members', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), value => {
      const text = orderedJson(value, { b: true, a: { '*': { z: true } } });
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      const reversed: unknown = JSON.parse(text, (_key, member: unknown) =>
        typeof member === 'object' && member !== null && !Array.isArray(member)
          ? Object.fromEntries(Object.entries(member).toReversed())
          : member,
      );
      expect(orderedJson(reversed, { b: true, a: { '*': { z: true } } })).toBe(text);
    }),
  );
});
