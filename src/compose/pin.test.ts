import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../core/index.ts';
import { imagePins, isOverride, overrideText, withPins } from './pin.ts';
import { loaded, removeProjects } from './testing.ts';

afterAll(removeProjects);

const digest = sha256('x');

describe('pins', () => {
  const project = loaded({
    'compose.yaml': `include: [more.yaml]
x-image: &image redis:7
services:
  a: { image: "postgres:16" } # kept
  b: { image: *image }
  c: { image: *image, platform: linux/arm64 }
  d: { image: "x:\${TAG:-1}" }
  e: { image: built, build: . }
  f: { image: x@${digest} }
  g:
    image:   nginx   # spaces stay
  h: { image: unknown }
`,
    'more.yaml': "services:\n  m: { image: 'mysql:8' }\n",
  });
  const pins = imagePins(project, ({ name }) => (name === 'h' ? undefined : digest));
  const [main = '', more = ''] = project.paths;
  const fileWith = (path: string) => withPins(readFileSync(path, 'utf8'), pins, path);

  it('are of images that can move, and that no build makes', () => {
    expect(pins.map(({ service }) => service).toSorted()).toEqual(['a', 'b', 'c', 'd', 'g', 'm']);
  });

  it('are written behind the tag, once for an anchor, and nothing else changes', () => {
    const before = readFileSync(main, 'utf8');
    const pinned = fileWith(main);
    for (const image of ['"postgres:16', '&image redis:7', '  nginx'])
      expect(pinned).toContain(`${image}@${digest}`);
    expect(pinned.replaceAll(`@${digest}`, '')).toBe(before.replaceAll(`@${digest}`, ''));
    expect(pinned.split(`@${digest}`)).toHaveLength(5);
    expect(fileWith(more)).toBe(`services:\n  m: { image: 'mysql:8@${digest}' }\n`);
  });

  it('that variables take part in are for an override file alone', () => {
    expect(pins.filter(({ written }) => written === undefined).map(({ service }) => service)).toEqual(['d']);
    const text = overrideText(pins);
    expect(isOverride(text)).toBe(true);
    expect(isOverride(readFileSync(main, 'utf8'))).toBe(false);
    const both = loaded({
      'compose.yaml': readFileSync(main, 'utf8').replace('include: [more.yaml]\n', ''),
      'compose.override.yaml': text.replace(/ {2}m:\n.*\n/, ''),
    });
    expect(both.services.get('d')?.image?.text).toBe(`x:1@${digest}`);
    expect(both.services.get('c')?.image?.text).toBe(`redis:7@${digest}`);
    expect(imagePins(both, () => digest).map(({ service }) => service)).toEqual(['h']);
  });
});
