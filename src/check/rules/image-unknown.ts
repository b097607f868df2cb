import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

export const imageUnknown: Rule = {
  id: 'image-unknown',
  title: 'an image that only the command line tells',
  severity: 'note',
  profiles: ['reproducible'],
  reason: 'Without a default for the ARG, the file does not say what it builds from.',
  advice: 'Give the ARG a default.',
  bad: 'ARG BASE\nFROM $BASE\n',
  good: 'ARG BASE=debian:bookworm-20261103\nFROM $BASE\n',
  peers: { buildkit: ['InvalidDefaultArgInFrom', 'UndefinedArgInFrom'] },
  *find({ images }) {
    for (const { known, reference, range } of images)
      if (!known) yield { range, message: `nothing here says what ${shown(reference)} is` };
  },
};
