import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

export const cacheMount: Rule = {
  id: 'cache-mount',
  title: 'a cache that hides what a step takes',
  severity: 'note',
  profiles: ['reproducible'],
  reason: 'What the cache holds differs from machine to machine, and no build log says what came out of it.',
  advice:
    'Let nothing of it reach a layer; `holdfast lock` records with an empty cache, so that everything is seen.',
  bad: 'FROM python:3.13-slim\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask==3.1.0\n',
  good: 'FROM python:3.13-slim\nRUN pip install flask==3.1.0\n',
  notes: 'A cache saves time where a build is repeated, and is no fault; it is a note.',
  peers: {},
  *find({ stages }) {
    for (const { steps } of stages)
      for (const { instruction } of steps) {
        if (instruction.keyword !== 'RUN') continue;
        for (const { fields, value } of instruction.mounts) {
          const valueOf = (...names: string[]) =>
            fields.findLast(({ name }) => names.includes(name))?.value?.text;
          if (valueOf('type') !== 'cache') continue;
          const target = valueOf('target', 'dst', 'destination') ?? '';
          yield {
            range: value.range,
            message: `the step may take anything from the cache at ${shown(target)}`,
          };
        }
      }
  },
};
