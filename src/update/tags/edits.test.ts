import { expect, test } from 'vitest';
import { parseDockerfile } from '../../dockerfile/index.ts';
import { canTake, namedImages, withTags } from './edits.ts';

const text = `\uFEFF# syntax=docker/dockerfile:1
ARG VERSION=3.11
FROM --platform=linux/amd64 python:3.11 AS build
RUN echo python:3.11
FROM registry.test:5000/team/app:3.11 \\
  AS second
COPY --from=build /a /a
COPY --from=python:3.11 /b /b
COPY --from=0 /c /c
FROM python:\${OTHER}
FROM python:3.11@sha256:${'a'.repeat(64)}
FROM python
FROM build
`;

test('images are those that stand there with a tag, each with all its places', () => {
  const found = namedImages(parseDockerfile(text, 'Dockerfile'));
  expect(found.map(({ text: name, places }) => [name, places.map(({ line }) => line)])).toEqual([
    ['python:3.11', [3, 8]],
    ['registry.test:5000/team/app:3.11', [5]],
  ]);
});

test('a tag is replaced where it stands, and nothing else changes', () => {
  const [python, app] = namedImages(parseDockerfile(text, 'Dockerfile'));
  if (python === undefined || app === undefined) throw new Error('two images are named');
  const edited = withTags(text, [
    { image: python, tag: '3.12' },
    { image: app, tag: '10.0.1' },
  ]);
  expect(edited.split('\n').filter((line, n) => line !== text.split('\n')[n])).toEqual([
    'FROM --platform=linux/amd64 python:3.12 AS build',
    'FROM registry.test:5000/team/app:10.0.1 \\',
    'COPY --from=python:3.12 /b /b',
  ]);
  expect(withTags(text, [])).toBe(text);
});

test('a tag that comes out of an argument is its default, where that stands', () => {
  const withArgument = (from: string, before = 'ARG VERSION=3.11') => `${before}\n${from}\n`;
  const tagOf = (dockerfile: string, given = {}) => {
    const [image] = namedImages(parseDockerfile(dockerfile, 'Dockerfile'), given);
    return (
      image && {
        text: image.text,
        with: withTags(dockerfile, [{ image, tag: '3.12-slim' }]),
        fits: canTake(image, '3.12-slim'),
      }
    );
  };
  expect(tagOf(withArgument('FROM python:${VERSION}-slim AS a\nFROM python:$VERSION-slim'))).toEqual({
    text: 'python:3.11-slim',
    with: withArgument('FROM python:${VERSION}-slim AS a\nFROM python:$VERSION-slim', 'ARG VERSION=3.12'),
    fits: true,
  });
  expect(tagOf(withArgument('FROM python:4.${VERSION}-slim'))?.fits).toBe(false);
  for (const [from, before, given] of [
    ['FROM python:${VERSION}', 'ARG VERSION=3.11', { VERSION: '3.9' }],
    ['FROM python:${VERSION}', 'ARG VERSION', {}],
    ['FROM python:${VERSION}', 'ARG VERSION=$OTHER', {}],
    ['FROM python:${VERSION:-3.11}', 'ARG VERSION=3.11', {}],
    ['FROM ${VERSION}:3.11', 'ARG VERSION=python', {}],
    ['FROM python:${VERSION}\nFROM node:${VERSION}', 'ARG VERSION=20', {}],
  ] as const)
    expect(tagOf(withArgument(from, before), given), from).toBeUndefined();
});
