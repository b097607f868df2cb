import type { Rule } from '../rule.ts';
import { resolved } from '../values.ts';
import { shown } from './subjects.ts';

export const plainHttp: Rule = {
  id: 'plain-http',
  title: 'a download without encryption',
  severity: 'warning',
  profiles: ['secure'],
  reason: 'Anybody on the way can give the build another file.',
  advice: 'Write https, or compare with a digest.',
  bad: 'FROM debian:bookworm\nRUN curl -fsSLO http://example.org/tool-1.2.tar.gz\n',
  good: 'FROM debian:bookworm\nRUN curl -fsSLO https://example.org/tool-1.2.tar.gz\n',
  notes: 'Archives of distributions are signed, so their addresses are not looked at.',
  peers: {},
  *find(file) {
    for (const request of file.requests) {
      if (request.action !== 'download' && request.action !== 'clone') continue;
      if (/^(http|git|ftp):\/\//i.test(request.url.text))
        yield {
          range: request.url.word.range,
          message: `${shown(request.url.text)} is fetched in the clear`,
        };
    }
    for (const { steps } of file.stages)
      for (const { instruction, values } of steps) {
        if (instruction.keyword !== 'ADD' || instruction.checksum !== undefined) continue;
        for (const source of instruction.sources) {
          const { text } = resolved(source, values, file.dockerfile.directives.escape);
          if (/^(http|git|ftp):\/\//i.test(text))
            yield { range: source.range, message: `${shown(text)} is fetched in the clear` };
        }
      }
  },
};
