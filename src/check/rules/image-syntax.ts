import type { Rule } from '../rule.ts';
import { fixOf } from './image-digest.ts';
import { shown } from './subjects.ts';

export const imageSyntax: Rule = {
  id: 'image-syntax',
  title: 'a frontend image without a digest',
  severity: 'note',
  profiles: ['reproducible', 'secure'],
  reason: '`# syntax=` names an image that BuildKit fetches and lets read the whole build.',
  advice: 'Remove the line, which few files need, or give it a digest.',
  bad: '# syntax=docker/dockerfile:1\nFROM scratch\n',
  good: 'FROM scratch\n',
  notes: 'Holdfast itself reads the file and never fetches a frontend.',
  peers: {},
  *find({ images, dockerfile }, context) {
    for (const use of images) {
      if (use.role !== 'syntax' || use.digest !== undefined) continue;
      const fix = fixOf(use, dockerfile.text, context);
      const message = `the frontend ${shown(use.reference)} is fetched by a name that can move`;
      const locked = context.locked && { locked: context.locked.hasImage(use.reference) };
      yield { range: use.range, message, ...(fix && { fix }), ...locked };
    }
  },
};
