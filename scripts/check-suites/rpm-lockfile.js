import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { analyse } from '../../src/check/analysis.ts';
import { parseDockerfile } from '../../src/dockerfile/index.ts';
import { Score } from './score.js';

/** The `pfc-*` cases of rpm-lockfile-prototype: which packages a Containerfile's RUNs install, on any architecture. */
export function rpmLockfile(directory) {
  const place = join(directory, 'tests/integration/data/success');
  const score = new Score();
  for (const name of readdirSync(place).filter(one => one.startsWith('pfc-'))) {
    const here = join(place, name);
    const { packages = [], packagesFromContainerfile: from } = yamlOf(join(here, 'rpms.in.yaml'));
    const { arches } = yamlOf(join(here, 'expected.lock.yaml'));
    const expected = arches.flatMap(arch => arch.packages.map(one => one.name));
    const read = path => (existsSync(join(here, path)) ? readFileSync(join(here, path), 'utf8') : undefined);
    const { stages } = analyse(parseDockerfile(read('Dockerfile'), 'Dockerfile'), read);
    const found = chosen(stages, from).flatMap(({ steps }) =>
      steps.flatMap(({ run }) => run?.requests ?? []).flatMap(({ items = [] }) => items.map(one => one.name)),
    );
    const theirs = expected.filter(one => !packages.includes(one));
    for (const one of new Set([...theirs, ...found]))
      score.add(theirs.includes(one), found.includes(one), `${name} ${one}`);
  }
  score.report('rpm-lockfile-prototype');
}

/** The stages that a case asks for; all of them where it does not say. */
function chosen(stages, from) {
  const { stageNum, stageName, imagePattern } = typeof from === 'string' ? {} : from;
  if (stageNum !== undefined) return [stages[stageNum - 1]];
  if (stageName !== undefined) return stages.filter(({ stage }) => stage.name === stageName);
  return imagePattern === undefined
    ? stages
    : stages.filter(({ from: { base } }) => base.text.includes(imagePattern));
}

function yamlOf(path) {
  return parse(readFileSync(path, 'utf8'));
}
