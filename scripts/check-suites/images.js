import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { imagesIn } from './firing.js';
import { Score } from './score.js';

/** Both lists as sets: what is in both is right, what only we or only they name is a difference. */
function compare(score, expected, found, what) {
  for (const one of new Set([...expected, ...found]))
    score.add(expected.includes(one), found.includes(one), `${one} in ${what}`);
}

/**
 * Renovate's table of what a Dockerfile holds: its specification is run with our extraction in place of its own, and
 * what it expects is compared by image, tag and digest. What it does with registries' aliases is a setting of its own.
 */
export function renovate(directory) {
  const place = join(directory, 'lib/modules/manager/dockerfile');
  const score = new Score();
  let last = '';
  let skip = false;
  const fixtures = { get: name => readFileSync(join(place, '__fixtures__', name), 'utf8') };
  const extractPackageFile = (text, _file, { registryAliases = {} }) => {
    last = text;
    skip = Object.keys(registryAliases).length > 0;
    // One test looks into what it was given.
    return { deps: [{}, {}, {}] };
  };
  const named = ({ packageName = '', currentValue, currentDigest }) =>
    `${packageName}${currentValue ? `:${currentValue}` : ''}${currentDigest ? `@${currentDigest}` : ''}`;
  const compared = expected => {
    if (last === '' || skip) return;
    const found = imagesIn(last).flatMap(({ known, reference }) => (known ? reference : []));
    const theirs = (Array.isArray(expected) ? expected : (expected?.deps ?? []))
      .filter(dep => dep.datasource === 'docker' && !dep.skipReason)
      .map(named)
      .filter(Boolean);
    compare(score, theirs, found, last);
    last = '';
  };
  const expect = () => ({
    toEqual: compared,
    toMatchObject: value => compared(value.deps ?? value),
    toBeNull: () => compared([]),
    toBeTrue: () => {},
    toBeEmpty: () => {},
    toMatchSnapshot: () => {},
  });
  const it = (_name, run) => run();
  it.each = () => () => {};
  const describe = (name, run) => {
    if (!/getDep|extractVariables/.test(name)) run();
  };
  const codeBlock = (strings, ...values) => {
    const text = String.raw({ raw: strings }, ...values).replace(/^\n/, '');
    const indent = /^ */.exec(text)[0].length;
    return text
      .split('\n')
      .map(line => line.slice(indent))
      .join('\n')
      .trimEnd();
  };
  const source = readFileSync(join(place, 'extract.spec.ts'), 'utf8').replaceAll(/^import [^;]*;$/gm, '');
  runInNewContext(stripTypeScriptTypes(source), {
    describe,
    it,
    expect,
    codeBlock,
    Fixtures: fixtures,
    extractPackageFile,
  });
  score.report('renovate');
}

/** Dependabot's files, read as its own parser does: each FROM that has a tag or a digest. */
export function dependabot(directory) {
  const place = join(directory, 'docker/spec/fixtures/docker/dockerfiles');
  const score = new Score();
  for (const name of readdirSync(place)) {
    const text = readFileSync(join(place, name), 'utf8');
    const stages = [...text.matchAll(/^FROM\s.*\sAS\s+(\S+)/gim)].map(([, stage]) => stage.toLowerCase());
    const theirs = [...text.matchAll(/^FROM\s+(?:--platform=\S+\s+)?(\S+)/gim)]
      .map(([, image]) => image)
      .filter(image => /[:@]/.test(image) && !stages.includes(image.toLowerCase()));
    const found = imagesIn(text).flatMap(({ role, reference }) =>
      role === 'from' && /[:@]/.test(reference) ? reference : [],
    );
    compare(score, theirs, found, name);
  }
  score.report('dependabot');
}

/** What dockerfile-pin's own tests say of its files: all FROM but stages, scratch and variables without a value. */
export function dockerfilePin(directory) {
  const score = new Score();
  const place = join(directory, 'testdata');
  for (const name of readdirSync(place).filter(file => file.endsWith('Dockerfile'))) {
    const text = readFileSync(join(place, name), 'utf8');
    const defaults = new Map([...text.matchAll(/^ARG (\w+)=(\S+)/gm)].map(([, key, value]) => [key, value]));
    const stages = [...text.matchAll(/ AS (\S+)/gi)].map(([, stage]) => stage);
    const theirs = [...text.matchAll(/^FROM (?:--platform=\S+ )?(\S+)/gm)]
      .map(([, image]) => image.replaceAll(/\$\{(\w+)\}/g, (whole, key) => defaults.get(key) ?? whole))
      .filter(image => !stages.includes(image) && image !== 'scratch' && !image.includes('$'));
    const found = imagesIn(text).flatMap(({ role, reference, known }) =>
      role === 'from' && known ? reference : [],
    );
    compare(score, theirs, found, name);
  }
  score.report('dockerfile-pin');
}
