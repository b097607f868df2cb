import type { Peer, Rule } from '../../check/index.ts';

const peerNames: Readonly<Record<Peer, string>> = {
  hadolint: 'hadolint',
  buildkit: 'BuildKit',
  checkov: 'Checkov',
  trivy: 'Trivy',
  kics: 'KICS',
  scorecard: 'OpenSSF Scorecard',
  semgrep: 'Semgrep',
};

/** What `--explain` prints and docs/rules holds. */
export function rulePage({
  id,
  title,
  severity,
  profiles,
  reason,
  advice,
  bad,
  good,
  notes,
  peers,
}: Rule): string {
  const rows = Object.entries(peers).map(([peer, ids]) => `- ${peerNames[peer as Peer]}: ${ids.join(', ')}`);
  const comment = `# holdfast ignore=${id} -- why`;
  return [
    `# ${id}`,
    '',
    `${title[0]?.toUpperCase() ?? ''}${title.slice(1)} (${severity}; ${profiles.join(', ')})`,
    '',
    `**Why.** ${reason}`,
    '',
    `**What to do.** ${advice}`,
    '',
    '```dockerfile',
    bad.trimEnd(),
    '```',
    '',
    'Better:',
    '',
    '```dockerfile',
    good.trimEnd(),
    '```',
    '',
    ...(notes === undefined ? [] : [notes, '']),
    ...(rows.length === 0
      ? []
      : ['Related rules elsewhere, whose ignore comments count here too:', '', ...rows, '']),
    `To keep it quiet for one instruction: \`${comment}\` above it.`,
    '',
  ].join('\n');
}

/** The list of all pages. */
export function ruleIndex(rules: readonly Rule[]): string {
  const lines = rules.map(({ id, title, severity }) => `- [${id}](${id}.md) (${severity}): ${title}`);
  return ['# Rules of `holdfast check`', '', ...lines, ''].join('\n');
}
