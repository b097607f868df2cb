import type { IncomingHttpHeaders } from 'node:http';
import type { Kind } from '../kind.ts';
import { latestCommits } from './latest.ts';
import { gitRecogniser } from './recognise.ts';
import { canonicalRequest } from './request.ts';

/**
 * Git repositories over smart HTTP (gitprotocol-http), versions 0 to 2. A pack is not the same in two fetches of the
 * same commit; the recorded one is given again.
 *
 * There is no `asOf`: the protocol tells what refs are now and nothing of what they were, and a commit's date, from
 * which a past could be guessed, is whatever its author wrote there. A repository that is new to a lock is frozen
 * as it is seen. Nor is there `installed`: a work tree is like any other files.
 */
export const git = {
  name: 'git',
  vary: ({ 'git-protocol': protocol }: IncomingHttpHeaders): Record<string, string> => {
    const version = protocolVersion(protocol);
    return version === 0 ? {} : { 'git-protocol': `version=${version}` };
  },
  recogniser: gitRecogniser,
  latest: latestCommits,
  requestBody: ({ pathname }: URL, headers: IncomingHttpHeaders, body: Buffer) =>
    pathname.endsWith('/git-upload-pack') ? canonicalRequest(headers, body) : undefined,
} satisfies Kind;

/** The server takes the highest that it knows of those offered, and overlooks what it does not (git's protocol.c). */
function protocolVersion(header: string | string[] = ''): number {
  const words = String(header).split(':');
  const versions = words.flatMap(word => /^version=([0-9])$/.exec(word)?.[1] ?? []);
  return Math.max(0, ...versions.map(Number));
}
