import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

export const imageDigestAlone: Rule = {
  id: 'image-digest-alone',
  title: 'a digest without a tag',
  severity: 'note',
  profiles: ['reproducible'],
  reason:
    'Nobody can tell which version this is, nor which one would be newer; update tools leave it behind.',
  advice: 'Write the tag in front of the digest: `debian:bookworm@sha256:…`.',
  bad: 'FROM debian@sha256:0000000000000000000000000000000000000000000000000000000000000000\n',
  good: 'FROM debian:bookworm@sha256:0000000000000000000000000000000000000000000000000000000000000000\n',
  staysWithLock: true,
  peers: {},
  *find({ images }) {
    for (const { digest, tag, reference, range } of images)
      if (digest !== undefined && tag === undefined)
        yield {
          range,
          message: `${shown(reference.split('@')[0] ?? '')} has a digest, and no tag that says of what`,
        };
  },
};
