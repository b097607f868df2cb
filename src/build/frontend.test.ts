import { expect, test } from 'vitest';
import { sha256, upstreamError } from '../core/index.ts';
import { parseDockerfile } from '../dockerfile/index.ts';
import { lockedFrontend } from './frontend.ts';
import type { Project } from './project.ts';

const digest = sha256('frontend');
const notes: string[] = [];

function locked(text: string, before?: string, answers = true, moves = false): Promise<string | undefined> {
  const project = { dockerfile: parseDockerfile(text, 'Dockerfile'), arguments: {} } as unknown as Project;
  return lockedFrontend(
    project,
    { before, moves },
    {
      note: note => notes.push(note),
      frontendDigest: async name => {
        if (!answers) throw upstreamError('REGISTRY_UNREACHABLE', `${name} cannot be had`, { next: 'Wait.' });
        return digest;
      },
    },
  );
}

const asks = '# syntax=docker/dockerfile:1\nFROM scratch\n';

test.each([
  ['FROM scratch\n', undefined, undefined],
  [asks, undefined, `docker/dockerfile:1@${digest}`],
  [asks, `docker/dockerfile:1@${sha256('old')}`, `docker/dockerfile:1@${sha256('old')}`],
  [asks, `docker/dockerfile:1.4@${sha256('old')}`, `docker/dockerfile:1@${digest}`],
  [asks, 'docker/dockerfile:1', `docker/dockerfile:1@${digest}`],
  [asks.replace(':1', `:1@${sha256('mine')}`), undefined, `docker/dockerfile:1@${sha256('mine')}`],
])('of %j, locked as %s, %s is held', async (text, before, held) => {
  expect(await locked(text, before)).toBe(held);
});

test('where nobody answers, the name alone is held, and told of', async () => {
  expect(await locked(asks, undefined, false)).toBe('docker/dockerfile:1');
  expect(notes).toEqual([
    expect.stringMatching(/docker\/dockerfile:1 is locked by its name alone: .*cannot be had/),
  ]);
});

test('an update asks anew, and where nobody answers the lock keeps what it had', async () => {
  const old = `docker/dockerfile:1@${sha256('old')}`;
  expect(await locked(asks, old, true, true)).toBe(`docker/dockerfile:1@${digest}`);
  notes.length = 0;
  expect(await locked(asks, old, false, true)).toBe(old);
  expect(notes).toEqual([expect.stringContaining('docker/dockerfile:1 stays what it was')]);
});
