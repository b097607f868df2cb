import { downloadsOf } from '../downloads.ts';

import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

export const repositoryKey: Rule = {
  id: 'repository-key',
  title: 'a signing key that is believed unseen',
  severity: 'warning',
  profiles: ['secure'],
  reason: 'Every signature that it makes is trusted from then on; whoever swaps it signs what they like.',
  advice: 'Copy the key from the repository of your build, or compare its digest before it is used.',
  bad: 'FROM debian:bookworm\nRUN curl -fsSL https://example.org/key.asc | gpg --dearmor -o /usr/share/keyrings/tool.gpg\n',
  good: 'FROM debian:bookworm\nCOPY tool.gpg /usr/share/keyrings/tool.gpg\n',
  peers: {},
  *find(file) {
    for (const request of file.requests)
      if (request.action === 'key' && !isFedByDownload(request.invocation.input.length))
        yield { range: request.at.word.range, message: `${request.tool} trusts a key that is fetched` };
    for (const stage of file.stages)
      for (const { request, use, verified } of downloadsOf(stage))
        if (use === 'key' && !verified)
          yield { range: request.at.word.range, message: `${shown(request.url.text)} is trusted as a key` };
  },
};

/** Then the download itself is told of. */
function isFedByDownload(inputs: number): boolean {
  return inputs > 0;
}
