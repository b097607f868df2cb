import type { ImageUse } from '../image-use.ts';
import type { Fix } from '../finding.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { shown } from './subjects.ts';

export const imageDigest: Rule = {
  id: 'image-digest',
  title: 'an image without a digest',
  severity: 'warning',
  profiles: ['reproducible', 'secure'],
  reason: 'A tag can be moved to another image, by its owner or by whoever took the account.',
  advice: 'Run `holdfast lock`, which records the digest; `check --fix` then writes it beside the tag.',
  bad: 'FROM debian:bookworm\nCOPY --from=alpine:3.20 /etc/alpine-release /\n',
  good: 'FROM debian:bookworm@sha256:0000000000000000000000000000000000000000000000000000000000000000\n',
  notes:
    'FROM, COPY --from and RUN --mount=from are looked at. An image that comes from an ARG is found where the ARG has a default. The digest that is written is that of the index, which covers all platforms.',
  peers: { semgrep: ['dockerfile-source-not-pinned'], scorecard: ['containerImage'] },
  *find({ images, dockerfile }, context) {
    for (const use of images) {
      if (use.role === 'syntax' || use.digest !== undefined || use.reference.startsWith('${')) continue;
      const fix = fixOf(use, dockerfile.text, context);
      const related = use.origin && [{ range: use.origin, message: 'the value is written here' }];
      yield {
        range: use.range,
        message: `${roles[use.role]} the image ${shown(use.reference)} by a name that can move`,
        ...(related && { related }),
        ...(fix && { fix }),
        ...(use.known && context.locked && { locked: context.locked.hasImage(use.reference) }),
      };
    }
  },
};

const roles = { from: 'begins from', copy: 'copies from', mount: 'mounts', syntax: 'is read by' } as const;

/** Only where the whole reference is written in one place, so that an edit of it changes nothing else. */
export function fixOf(use: ImageUse, text: string, { locked }: RuleContext): Fix | undefined {
  const { written, reference, known } = use;
  const digest = known ? locked?.imageDigest(reference) : undefined;
  if (digest === undefined || written === undefined) return undefined;
  const inPlace = text.slice(written.start, written.end);
  const end = inPlace.endsWith('"') || inPlace.endsWith("'") ? written.end - 1 : written.end;
  if (inPlace.replaceAll(/["']/g, '') !== reference) return undefined;
  return {
    title: 'write its digest',
    edits: [{ start: end, end, text: `@${digest}` }],
  };
}
