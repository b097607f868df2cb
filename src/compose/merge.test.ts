import { afterAll, describe, expect, it } from 'vitest';
import { failure, loaded, removeProjects } from './testing.ts';

afterAll(removeProjects);

/** The service `a` of two files. */
function both(first: string, second: string) {
  const files = { 'one.yaml': `services:\n  a: ${first}\n`, 'two.yaml': `services:\n  a: ${second}\n` };
  return loaded(files, { files: ['one.yaml', 'two.yaml'] }).services.get('a');
}

describe('two files', () => {
  it('merge mappings and lists of the same thing, the second counting more', () => {
    const service = both(
      '{ image: x:1, profiles: [p], build: { context: c, args: [A=1, B=1], labels: {l: 1}, tags: [t:1], platforms: [linux/amd64], additional_contexts: {n: ./n} } }',
      '{ image: x:2, profiles: [q, p], build: { args: {B: 2, C: 3}, labels: [m=2], tags: ["u:1", "t:1"], platforms: [linux/arm64], additional_contexts: ["n=docker-image://alpine"] } }',
    );
    expect(service?.image?.text).toBe('x:2');
    expect(service?.profiles).toEqual(['p', 'q']);
    expect(service?.build).toMatchObject({
      args: { A: '1', B: '2', C: '3' },
      labels: { l: '1', m: '2' },
      tags: ['t:1', 'u:1'],
      platforms: ['linux/amd64', 'linux/arm64'],
      contexts: { n: 'docker-image://alpine' },
    });
  });

  it('may say a build in its short and its long form', () => {
    expect(both('{ build: c }', '{ build: { target: t } }')?.build).toMatchObject({
      context: expect.stringMatching(/\/c$/) as string,
      target: 't',
    });
    expect(both('{ build: { context: c, target: t } }', '{ build: d }')?.build).toMatchObject({
      context: expect.stringMatching(/\/d$/) as string,
      target: 't',
    });
  });

  it('keep what the second leaves empty', () => {
    expect(both('{ image: x, build: { context: c } }', '{ image: , build: }')).toMatchObject({
      image: { text: 'x' },
    });
  });

  it('replace with !override, and take out with !reset', () => {
    expect(
      both(
        '{ build: { context: c, args: {A: 1}, tags: [t:1] } }',
        '{ build: { args: !override {B: 1}, tags: !reset [] } }',
      )?.build,
    ).toMatchObject({ args: { B: '1' }, tags: [] });
    expect(both('{ image: x, build: c }', '{ image: !reset null }')?.image).toBeUndefined();
    const third = {
      'a.yaml': 'services: { a: { build: { args: {A: 1} } } }',
      'b.yaml': 'services: { a: { build: { args: !reset null } } }',
      'c.yaml': 'services: { a: { build: { args: {C: 1} } } }',
    };
    const { services } = loaded(third, { files: Object.keys(third) });
    expect(services.get('a')?.build?.args).toEqual({ C: '1' });
  });

  it('of other shapes are refused where the second is', () => {
    const files = {
      'one.yaml': 'services: { a: { image: x, ports: [1] } }',
      'two.yaml': 'services:\n  a:\n    ports: { a: 1 }\n',
    };
    expect(failure(files, { files: ['one.yaml', 'two.yaml'] })).toBe('COMPOSE_INVALID two.yaml:3:5');
  });

  it('are found by their names: the first of four, and its override', () => {
    const { files } = loaded({
      'docker-compose.yml': 'services: { a: { image: old } }',
      'compose.yml': 'services: { a: { image: new } }',
      'docker-compose.override.yml': 'services: { a: { platform: linux/arm64 } }',
    });
    expect(files.map(path => path.slice(path.lastIndexOf('/') + 1))).toEqual([
      'compose.yml',
      'docker-compose.override.yml',
    ]);
  });

  it('are found by COMPOSE_FILE', () => {
    const files = { 'x.yaml': 'services: { a: { image: x } }', 'y.yaml': 'services: { a: { image: y } }' };
    const { services } = loaded(files, { environment: { COMPOSE_FILE: 'x.yaml:y.yaml' } });
    expect(services.get('a')?.image?.text).toBe('y');
  });

  it('in one, as documents, merge as well', () => {
    const { services } = loaded(
      'services: { a: { image: x } }\n---\nservices: { a: { build: . }, b: { image: y } }\n',
    );
    expect([...services.keys()]).toEqual(['a', 'b']);
    expect(services.get('a')).toMatchObject({ image: { text: 'x' }, build: {} });
  });
});

describe('extends', () => {
  it('lays a service over another of the file, in as many steps as there are', () => {
    const { services } = loaded(`services:
  base: { build: { context: b, args: { A: 1, B: 1 } }, profiles: [p] }
  middle: { extends: base, build: { args: [B=2] } }
  top: { extends: { service: middle }, image: top, profiles: [q] }
  bare: { extends: base, build: { args: !reset null } }
`);
    expect(services.get('top')).toMatchObject({
      image: { text: 'top' },
      profiles: ['p', 'q'],
      build: { args: { A: '1', B: '2' } },
    });
    expect(services.get('bare')?.build?.args).toEqual({});
  });

  it('takes paths of another file from where that is', () => {
    const project = loaded({
      'compose.yaml':
        'services:\n  a: { extends: { file: sub/c.yaml, service: web }, build: { target: t } }\n',
      'sub/c.yaml':
        'services:\n  web: { extends: { file: ../o/d.yaml, service: w }, build: { additional_contexts: [z=./z] } }\n',
      'o/d.yaml': 'services:\n  w: { build: { context: ./here, dockerfile: D } }\n',
    });
    expect(project.services.get('a')?.build).toMatchObject({
      context: `${project.home}/o/here`,
      dockerfile: `${project.home}/o/here/D`,
      contexts: { z: `${project.home}/sub/z` },
      target: 't',
    });
  });

  it.each([
    ['services:\n  a: { extends: b }\n  b: { extends: a }\n', 'COMPOSE_CYCLE compose.yaml:3:8'],
    ['services:\n  a: { image: x, extends: a }\n', 'COMPOSE_CYCLE compose.yaml:2:18'],
    ['services:\n  a: { extends: nope }\n', 'COMPOSE_INVALID compose.yaml:2:8'],
    [
      'services:\n  a: { extends: { file: no.yaml, service: b } }\n',
      'COMPOSE_FILE_MISSING compose.yaml:2:25',
    ],
    [
      'services:\n  a: { extends: { file: https://x/y.yaml, service: b } }\n',
      'COMPOSE_REMOTE compose.yaml:2:25',
    ],
  ])('%j gives %s', (text, expected) => {
    expect(failure(text)).toBe(expected);
  });
});

describe('include', () => {
  it('takes files with directories, variables and overrides of their own', () => {
    const project = loaded({
      'compose.yaml':
        'include:\n  - sub/compose.yaml\n  - { path: [o/one.yaml, o/two.yaml], project_directory: pd, env_file: vars }\nservices:\n  a: { image: "a:${V:-none}" }\n  s: { platform: linux/arm64 }\n',
      'sub/compose.yaml': 'include: [deep/c.yaml]\nservices:\n  s: { build: ./c, image: "s:${V:-none}" }\n',
      'sub/.env': 'V=sub\n',
      'sub/deep/c.yaml': 'services:\n  d: { build: ., image: "d:${V:-none}" }\n',
      'o/one.yaml': 'services:\n  o: { build: c, image: "o:${V:-none}" }\n',
      'o/two.yaml': 'services:\n  o: { build: { target: two } }\n',
      vars: 'V=vars\n',
    });
    const { services, home, paths } = project;
    const facts = ['a', 's', 'd', 'o'].map(name => [
      services.get(name)?.image?.text,
      services.get(name)?.build?.context,
    ]);
    expect(facts).toEqual([
      ['a:none', undefined],
      ['s:sub', `${home}/sub/c`],
      ['d:sub', `${home}/sub/deep`],
      ['o:vars', `${home}/pd/c`],
    ]);
    expect(services.get('s')?.platform?.text).toBe('linux/arm64');
    expect(services.get('o')?.build?.target).toBe('two');
    expect(paths).toHaveLength(5);
  });

  it('goes in no circle, and finds its files', () => {
    const circle = { 'compose.yaml': 'include: [b.yaml]\n', 'b.yaml': 'include:\n  - compose.yaml\n' };
    expect(failure(circle)).toBe('COMPOSE_CYCLE b.yaml:2:5');
    expect(failure('include: [no.yaml]\n')).toBe('COMPOSE_FILE_MISSING compose.yaml:1:11');
    expect(failure('include: [{ path: a, envfile: b }]\n')).toBe('COMPOSE_UNKNOWN_KEY compose.yaml:1:22');
    expect(failure('include: [oci://x/y]\n')).toBe('COMPOSE_REMOTE compose.yaml:1:11');
  });
});
