import type { Analysis } from '../analysis.ts';
import { downloadsOf } from '../downloads.ts';
import type { Observation } from '../finding.ts';
import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

export const downloadChecksum: Rule = {
  id: 'download-checksum',
  title: 'a download that nothing is compared with',
  severity: 'warning',
  profiles: ['reproducible', 'secure'],
  reason: 'Whoever holds the server, or the name, decides what the next build contains.',
  advice:
    'Compare with a digest in the same RUN (`echo "…  file" | sha256sum -c`), use `ADD --checksum=sha256:…`, or let `holdfast lock` record the bytes.',
  bad: 'FROM debian:bookworm\nRUN curl -fsSLO https://example.org/tool-1.2.tar.gz && tar xf tool-1.2.tar.gz\n',
  good: 'FROM debian:bookworm\nRUN curl -fsSLO https://example.org/tool-1.2.tar.gz && echo "0d5c…  tool-1.2.tar.gz" | sha256sum -c && tar xf tool-1.2.tar.gz\n',
  notes:
    'A sum or a signature that is checked in the same RUN covers the files that it names; where it names none of them, all. What is executed at once is `download-run`, a signing key `repository-key`.',
  peers: {},
  *find({ stages }: Analysis): Generator<Observation> {
    for (const stage of stages)
      for (const { request, verified, use } of downloadsOf(stage)) {
        if (verified || use !== 'file') continue;
        const range = request.at.word.range;
        yield { range, message: `nothing checks what ${shown(request.url.text)} gives` };
      }
  },
};
