import type { Analysis } from '../analysis.ts';
import type { Rule } from '../rule.ts';
import { unpinnedPackages } from './subjects.ts';

export const aptVersion: Rule = {
  id: 'apt-version',
  title: 'packages of an archive that moves',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build installs what the archive holds that day, dependencies included.',
  advice:
    'Let `holdfast lock` record them, or install from a dated snapshot of the archive; versions alone vanish from it within weeks.',
  bad: 'FROM debian:bookworm\nRUN apt-get update && apt-get install -y curl git\n',
  good: 'FROM debian:bookworm\nRUN echo "deb [check-valid-until=no] http://snapshot.debian.org/archive/debian/20261101T000000Z bookworm main" > /etc/apt/sources.list && apt-get update && apt-get install -y curl git\n',
  notes:
    'Unlike hadolint, `-t RELEASE`, `name/release` and wildcards do not count as a version, since all of them move; a dated snapshot counts for all packages, and values of variables are followed.',
  peers: { hadolint: ['DL3008'], kics: ['Apt Get Install Pin Version Not Defined'] },
  *find(file, context) {
    if (usesSnapshot(file)) return;
    yield* unpinned(file, context);
  },
};

const unpinned = unpinnedPackages(
  'apt',
  (names, tool) => `${tool} installs whatever version the archive holds: ${names}`,
);

/** Whether the file speaks of an archive by date: then its packages are as firm as that date. */
function usesSnapshot(file: Analysis): boolean {
  const dated = /snapshot\.(debian\.org|ubuntu\.com)|debian-snapshot|repro-sources-list|\/snapshots?\/\d{8}/;
  for (const { run } of file.runs)
    if (dated.test(run.instruction.command.form === 'exec' ? '' : run.instruction.command.text.text))
      return true;
  return false;
}
