import { resolved } from '../values.ts';
import type { Fix } from '../finding.ts';
import type { Rule } from '../rule.ts';
import { isGitUrl, isHttpUrl } from './urls.ts';
import { shown } from './subjects.ts';

export const addChecksum: Rule = {
  id: 'add-checksum',
  title: 'ADD of a URL without a checksum',
  severity: 'warning',
  profiles: ['reproducible', 'secure'],
  reason: 'Whoever holds the server decides what the next build contains.',
  advice: 'Write `ADD --checksum=sha256:…`; with a lock, `check --fix` does.',
  bad: 'FROM scratch\nADD https://example.org/tool-1.2.tar.gz /\n',
  good: 'FROM scratch\nADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 https://example.org/tool-1.2.tar.gz /\n',
  peers: {},
  *find({ stages, dockerfile }, { locked }) {
    const { escape } = dockerfile.directives;
    for (const { steps } of stages)
      for (const { instruction, values } of steps) {
        if (instruction.keyword !== 'ADD' || instruction.checksum !== undefined) continue;
        for (const source of instruction.sources) {
          const { text: url, known } = resolved(source, values, escape);
          if (!isHttpUrl(url) || isGitUrl(url)) continue;
          const digest = known && instruction.sources.length === 1 ? locked?.fileDigest(url) : undefined;
          const fix = digest === undefined ? undefined : checksumFix(instruction.line.offsetOf(3), digest);
          yield {
            range: source.range,
            message: `nothing checks what ${shown(url)} gives`,
            ...(fix && { fix }),
          };
        }
      }
  },
};

/** @param at the offset behind the keyword. */
function checksumFix(at: number, digest: string): Fix {
  return {
    title: 'write its checksum',
    edits: [{ start: at, end: at, text: ` --checksum=sha256:${digest}` }],
  };
}
