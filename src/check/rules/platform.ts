import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

export const platformConstant: Rule = {
  id: 'platform-constant',
  title: 'a stage for one platform whatever is built',
  severity: 'warning',
  profiles: ['reproducible'],
  reason:
    'With a fixed --platform, a build for another one ends up with programs of the wrong kind, or emulated.',
  advice: 'Leave --platform out, or write $BUILDPLATFORM for a stage that only compiles.',
  bad: 'FROM --platform=linux/amd64 debian:bookworm\n',
  good: 'FROM --platform=$BUILDPLATFORM debian:bookworm\n',
  notes: 'As for BuildKit, a stage whose name holds the architecture is meant so.',
  staysWithLock: true,
  peers: {
    buildkit: ['FromPlatformFlagConstDisallowed'],
    hadolint: ['DL3029'],
    semgrep: ['avoid-platform-with-from'],
  },
  *find({ stages }) {
    for (const { from } of stages) {
      const { platform, name = '' } = from;
      if (platform === undefined || platform.text.includes('$')) continue;
      const parts = platform.text.toLowerCase().split('/');
      if (parts.some(part => part !== 'linux' && part !== '' && name.includes(part))) continue;
      yield { range: platform.range, message: `this stage is always for ${shown(platform.text)}` };
    }
  },
};

export const platformRedundant: Rule = {
  id: 'platform-redundant',
  title: '--platform=$TARGETPLATFORM',
  severity: 'note',
  profiles: ['reproducible'],
  reason: 'It is what every stage has without it.',
  advice: 'Remove it; `check --fix` does.',
  bad: 'FROM --platform=$TARGETPLATFORM debian:bookworm\n',
  good: 'FROM debian:bookworm\n',
  staysWithLock: true,
  peers: { buildkit: ['RedundantTargetPlatform'] },
  *find({ stages, dockerfile: { text, metaArgs } }) {
    if (metaArgs.some(({ args }) => args.some(({ name }) => name.text === 'TARGETPLATFORM'))) return;
    for (const { from } of stages) {
      const { platform } = from;
      if (platform === undefined || !/^\$(TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(platform.text)) continue;
      const { range } = platform;
      const flag = text.lastIndexOf('--platform', range.start);
      const blanks = /^[ \t]+/.exec(text.slice(range.end))?.[0].length ?? 0;
      const plain = flag !== -1 && text.slice(flag, range.start) === '--platform=' && blanks > 0;
      const fix = plain && {
        title: 'remove the flag',
        edits: [{ start: flag, end: range.end + blanks, text: '' }],
      };
      const message = 'the platform to build for is what a stage has anyhow';
      yield { range, message, ...(fix && { fix }) };
    }
  },
};
