import { type Run } from '../analysis.ts';
import { downloadsOf } from '../downloads.ts';
import type { Invocation } from '../../dockerfile/shell/index.ts';
import type { Observation } from '../finding.ts';
import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

export const repositoryAdded: Rule = {
  id: 'repository-added',
  title: 'a further package repository',
  severity: 'note',
  profiles: ['reproducible', 'secure'],
  reason: 'It has no dated snapshots, so a date for the distribution’s own archive does not hold it fast.',
  advice: 'Let `holdfast lock` record it like any other.',
  bad: 'FROM debian:bookworm\nRUN echo "deb https://packages.example.org/apt stable main" > /etc/apt/sources.list.d/tool.list\n',
  good: 'FROM debian:bookworm\nRUN apt-get update && apt-get install -y curl\n',
  peers: {},
  *find(file): Generator<Observation> {
    for (const { run } of file.runs) {
      for (const request of run.requests)
        if (request.action === 'repository')
          yield { range: request.at.word.range, message: `${shown(request.at.text)} adds a repository` };
      yield* written(run);
    }
    for (const stage of file.stages)
      for (const { request, use } of downloadsOf(stage))
        if (use === 'repository')
          yield {
            range: request.at.word.range,
            message: `${shown(request.url.text)} says where packages come from`,
          };
  },
};

const listFile = /^\/etc\/(apt\/sources\.list|yum\.repos\.d|zypp\/repos\.d|apk\/repositories)/;
const distribution =
  /^(deb|archive|security|ports|snapshot|ftp(\.\w+)?|httpredir|[\w.]*archive)\.(debian|ubuntu)\.(org|com)$|^dl-cdn\.alpinelinux\.org$/;

/** `echo "deb …" > /etc/apt/sources.list.d/x`, also by way of tee. */
function* written({ invocations }: Run): Generator<Observation> {
  for (const invocation of invocations) {
    if (invocation.name !== 'echo' && invocation.name !== 'printf') continue;
    if (![invocation, ...invocations.filter(({ input }) => input.includes(invocation))].some(writesList))
      continue;
    for (const { text, word } of invocation.args) {
      const host = /https?:\/\/([^/\s:]+)/.exec(text)?.[1];
      if (host === undefined || distribution.test(host)) continue;
      yield { range: word.range, message: `packages may come from ${shown(host)} too` };
      break;
    }
  }
}

function writesList({ name, args, redirects }: Invocation): boolean {
  const paths = redirects.map(({ target }) => target?.text ?? '');
  if (name === 'tee') paths.push(...args.map(({ text }) => text));
  return paths.some(path => listFile.test(path));
}
