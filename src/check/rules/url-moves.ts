import { downloadsOf } from '../downloads.ts';
import type { Rule } from '../rule.ts';
import { resolved } from '../values.ts';
import { shown } from './subjects.ts';
import { isHttpUrl, whyItMoves } from './urls.ts';

export const urlMoves: Rule = {
  id: 'url-moves',
  title: 'a URL whose content is meant to change',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'The next build gets another file under the same name, and a checksum would only make it fail.',
  advice: 'Name a version, a tag or a commit in the URL.',
  bad: 'FROM debian:bookworm\nRUN curl -fsSLO https://example.org/releases/latest/download/tool.tar.gz\n',
  good: 'FROM debian:bookworm\nRUN curl -fsSLO https://example.org/releases/download/v1.2.3/tool.tar.gz\n',
  peers: {},
  *find({ stages, dockerfile }) {
    const { escape } = dockerfile.directives;
    for (const stage of stages) {
      for (const { request, use } of downloadsOf(stage)) {
        const why = use === 'key' || use === 'repository' ? undefined : whyItMoves(request.url.text);
        if (why !== undefined)
          yield { range: request.at.word.range, message: `${shown(request.url.text)} ${why}` };
      }
      for (const { instruction, values } of stage.steps) {
        if (instruction.keyword !== 'ADD') continue;
        for (const source of instruction.sources) {
          const { text: url } = resolved(source, values, escape);
          const why = isHttpUrl(url) ? whyItMoves(url) : undefined;
          if (why !== undefined) yield { range: source.range, message: `${shown(url)} ${why}` };
        }
      }
    }
  },
};
