import type { Rule } from '../rule.ts';
import { downloadsOf } from '../downloads.ts';
import { shown } from './subjects.ts';

export const downloadRun: Rule = {
  id: 'download-run',
  title: 'a download that is run unseen',
  severity: 'error',
  profiles: ['reproducible', 'secure'],
  reason:
    'The script, and all that it downloads in turn, may be another one in the next build; it runs with the build’s rights.',
  advice:
    'Let `holdfast lock` record it with all that it fetches, or save it, check its digest, and only then run it.',
  staysWithLock:
    'The lock holds it and all that it fetches, and nobody has read it: `holdfast vendor` puts it beside the Dockerfile, where changes show.',
  bad: 'FROM debian:bookworm\nRUN curl -fsSL https://example.org/install.sh | sh\n',
  good: 'FROM debian:bookworm\nRUN curl -fsSLo install.sh https://example.org/install.sh && echo "0d5c…  install.sh" | sha256sum -c && sh install.sh\n',
  notes:
    'Every form counts: pipes, also through `sudo` and `tee`; `sh -c "$(curl …)"`; `bash <(curl …)`; `source`; and a file that is saved by one RUN and run by a later one. A pipe into `python -m json.tool` runs nothing, what comes from localhost is no download, and a commit in the URL is a checksum. `set -o pipefail` (hadolint’s DL4006) makes no download safe, so it is no part of this.',
  peers: { scorecard: ['downloadThenRun'] },
  *find({ stages }) {
    for (const stage of stages)
      for (const { request, verified, by } of downloadsOf(stage)) {
        if (verified || by === undefined) continue;
        yield {
          range: request.at.word.range,
          message: `${by.name} runs what ${shown(request.url.text)} gives`,
          related: [{ range: by.program.word.range, message: 'run here' }],
        };
      }
  },
};
