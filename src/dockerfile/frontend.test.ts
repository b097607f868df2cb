import { expect, test } from 'vitest';
import { frontendNotice, frontendOf } from './frontend.ts';
import { parseDockerfile } from './parse.ts';

test('the frontend is the first word of the directive', () => {
  const of = (text: string) => frontendOf(parseDockerfile(text, 'f').directives);
  expect(of('# syntax=docker/dockerfile:1 --flag\nFROM a')).toBe('docker/dockerfile:1');
  expect(of('FROM a')).toBeUndefined();
});

test.each([
  'docker/dockerfile',
  'docker/dockerfile:1',
  'docker/dockerfile:1-labs',
  'docker/dockerfile:1.20',
  'docker/dockerfile:1.4.3',
  'docker/dockerfile:latest',
  'docker.io/docker/dockerfile:1.7-labs',
  'docker/dockerfile-upstream:master',
  'mirror.test:5000/docker/dockerfile:1.9@sha256:0',
  'dockerfile.v0',
])('%s asks for nothing new', reference => expect(frontendNotice(reference)).toBeUndefined());

test.each([
  'docker/dockerfile:1.21',
  'docker/dockerfile:1.100-labs',
  'docker/dockerfile:2',
  'a:5/docker/dockerfile:3.0',
])('%s is newer', reference => expect(frontendNotice(reference)).toContain('may lack what is new there'));

test.each(['example.org/frontend', 'example.org/other:1.2', 'docker/dockerfiles:1'])(
  '%s is another',
  reference => expect(frontendNotice(reference)).toContain('is not run'),
);
