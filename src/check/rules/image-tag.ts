import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

export const imageTag: Rule = {
  id: 'image-tag',
  title: 'an image without a version',
  severity: 'error',
  profiles: ['reproducible'],
  reason: 'Without a tag, or with `latest`, each build begins from whatever was pushed last.',
  advice: 'Name a version, and let `holdfast lock` record its digest.',
  bad: 'FROM debian\n',
  good: 'FROM debian:bookworm-20261103\n',
  notes:
    'Unlike hadolint, values of ARG are followed: `ARG TAG=latest` and `FROM node:$TAG` is found, and the place of the ARG is told.',
  peers: {
    hadolint: ['DL3006', 'DL3007'],
    checkov: ['CKV_DOCKER_7'],
    trivy: ['DS-0001'],
    semgrep: ['missing-image-version', 'avoid-latest-version'],
  },
  *find({ images }, { locked }) {
    for (const { role, reference, tag, digest, known, range, origin } of images) {
      if (role === 'syntax' || digest !== undefined || reference.startsWith('${')) continue;
      // What follows an unknown variable may well be a version.
      if (tag === undefined ? !known && reference.endsWith('}') : tag !== 'latest') continue;
      const what = tag === undefined ? 'has no tag' : 'has the tag `latest`';
      const related = origin && [{ range: origin, message: 'the value is written here' }];
      yield {
        range,
        message: `the image ${shown(reference)} ${what}`,
        ...(related && { related }),
        ...(known && locked && { locked: locked.hasImage(reference) }),
      };
    }
  },
};
