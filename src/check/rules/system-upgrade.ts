import type { Rule } from '../rule.ts';
import { requestsOfAction } from './subjects.ts';

export const systemUpgrade: Rule = {
  id: 'system-upgrade',
  title: 'an upgrade of everything',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build gets other versions of what the base image holds, and a layer with all of it twice.',
  advice: 'Move the base image forward instead; `holdfast lock` keeps what an upgrade gave, if you need one.',
  bad: 'FROM debian:bookworm\nRUN apt-get update && apt-get upgrade -y\n',
  good: 'FROM debian:bookworm-20261103\n',
  notes:
    'It closes holes as well, which is why hadolint dropped its rules; locked, it does so at a date that you chose.',
  peers: {
    hadolint: ['DL3005', 'DL3017', 'DL3031', 'DL3035', 'DL3039'],
    trivy: ['DS-0024'],
    kics: ['Run Using Upgrade Commands', 'Apk Upgrade', 'Yum Update', 'dnf Update', 'Zypper Update'],
    semgrep: [
      'avoid-apt-get-upgrade',
      'avoid-apk-upgrade',
      'avoid-dnf-update',
      'avoid-yum-update',
      'avoid-zypper-update',
    ],
  },
  find: requestsOfAction('upgrade', ({ tool, at }) => `${tool} ${at.text} takes the newest of everything`),
};
