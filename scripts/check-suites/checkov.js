import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { firing } from './firing.js';
import { Score } from './score.js';

/** Directories of Dockerfiles that shall fail, and of such that shall pass. */
export function checkov(directory) {
  const total = new Score();
  const own = [
    [/ReferenceLatestTag/, ['image-tag']],
    [/example_(RootUser|UserExists)/, ['user-root']],
    [/graph_builder\/checks\/resources\/(?!RunChpasswd|RunUsingSudo)/, ['tls-off', 'signature-off']],
  ];
  const files = readdirSync(join(directory, 'tests/dockerfile'), { recursive: true }).filter(path =>
    /Dockerfile(\.[\w.]+)?$/.test(path),
  );
  for (const path of files) {
    const ids = own.find(([pattern]) => pattern.test(path))?.[1];
    if (ids === undefined || !/\/(fail|pass|success)/.test(path)) continue;
    const { findings } = firing(readFileSync(join(directory, 'tests/dockerfile', path), 'utf8'));
    const found = findings.some(({ rule }) => ids.includes(rule));
    total.add(/\/fail/.test(path), found, path);
  }
  total.report('checkov');
}
