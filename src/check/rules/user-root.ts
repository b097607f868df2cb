import { lineage } from '../analysis.ts';
import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

export const userRoot: Rule = {
  id: 'user-root',
  title: 'an image that runs as root',
  severity: 'warning',
  profiles: ['secure'],
  reason: 'Whoever breaks into the program is root in the container, one flaw away from the machine.',
  advice:
    'Make a user and end with `USER name`; by number, so that orchestrators can tell that it is not root.',
  bad: 'FROM debian:bookworm\nCMD ["server"]\n',
  good: 'FROM debian:bookworm\nRUN useradd --system --uid 10001 app\nUSER 10001\nCMD ["server"]\n',
  notes:
    'The last stage counts, with what it inherits from earlier stages. An image that is known to set a user of its own (distroless `nonroot`, Chainguard’s, unprivileged nginx …) is taken at its word. A USER in the middle of a stage may be root.',
  peers: {
    hadolint: ['DL3002'],
    checkov: ['CKV_DOCKER_3', 'CKV_DOCKER_8'],
    trivy: ['DS-0002'],
    semgrep: ['missing-user', 'missing-user-entrypoint', 'last-user-is-root'],
  },
  *find({ stages }) {
    const last = stages.at(-1);
    if (last === undefined || last.windows) return;
    const { user } = last;
    if (user !== undefined) {
      if (isRoot(user.text)) yield { range: user.range, message: `the image runs as ${shown(user.text)}` };
      return;
    }
    const first = lineage(last)[0];
    const base = first?.base;
    const reference = base !== undefined && 'reference' in base ? base.reference : '';
    if (!setsUser.test(reference)) {
      const why =
        reference === ''
          ? 'nothing sets a user'
          : `nothing sets a user, and ${shown(reference)} is not known to`;
      yield { range: last.from.base.range, message: why };
    }
  },
};

function isRoot(user: string): boolean {
  // Signs are allowed where a number is read.
  return /^(root|[-+]?0+)(:.*)?$/.test(user);
}

/** Images that run as somebody else by themselves. */
const setsUser =
  /[:-]nonroot|^cgr\.dev\/chainguard\/|^dhi\.io\/|nginx-unprivileged|^(docker\.io\/)?bitnami\/|chiseled|^(quay\.io\/)?(jupyter|keycloak)\/|^(docker\.io\/)?(jenkins\/jenkins|grafana\/|prom\/|elasticsearch|kibana|logstash|opensearchproject\/|curlimages\/curl|sonarqube|renovate\/renovate|solr|\$\{)|^registry\.access\.redhat\.com\/ubi\d+\/(nodejs|python|php|ruby|openjdk|go-toolset|nginx|httpd)/;
