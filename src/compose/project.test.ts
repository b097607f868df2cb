import { afterAll, describe, expect, it } from 'vitest';
import { failure, loaded, removeProjects } from './testing.ts';

afterAll(removeProjects);

describe('a compose project', () => {
  it('reads a build with all that it may say', () => {
    const project = loaded(
      `services:
  a:
    image: shop/a:1
    platform: linux/arm64
    build:
      context: ./src
      dockerfile: ../D
      target: t
      args: { GIVEN: , ABSENT: , TEXT: x }
      additional_contexts: { base: "service:b", files: ./f, image: "docker-image://alpine:3" }
      labels: [one, two=2]
      tags: [shop/a:latest]
      platforms: [linux/amd64, linux/arm64]
      secrets: [token, { source: key, target: id_key }]
      ssh: [default, "other=/agent"]
      extra_hosts: { db: 10.0.0.1 }
      entitlements: [security.insecure]
      no_cache: "true"
      no_cache_filter: [x]
      pull: false
      shm_size: 64m
      network: host
  b:
    build: https://example.org/repo.git#main
secrets:
  token: { environment: TOKEN }
  key: { file: ./key }
`,
      { environment: { GIVEN: 'from outside' } },
    );
    const { home, services, secrets } = project;
    expect(services.get('a')?.build).toMatchObject({
      context: `${home}/src`,
      dockerfile: `${home}/D`,
      target: 't',
      args: { GIVEN: 'from outside', TEXT: 'x' },
      contexts: { base: 'service:b', files: `${home}/f`, image: 'docker-image://alpine:3' },
      labels: { one: '', two: '2' },
      tags: ['shop/a:latest'],
      platforms: ['linux/amd64', 'linux/arm64'],
      secrets: [
        { source: 'token', id: 'token' },
        { source: 'key', id: 'id_key' },
      ],
      ssh: ['default', 'other=/agent'],
      extraHosts: ['db=10.0.0.1'],
      entitlements: ['security.insecure'],
      noCache: true,
      noCacheFilter: ['x'],
      pull: false,
      ignored: ['network', 'shm_size'],
    });
    expect(services.get('b')?.build).toMatchObject({ context: 'https://example.org/repo.git#main' });
    expect(Object.fromEntries(secrets)).toEqual({
      token: { kind: 'environment', variable: 'TOKEN' },
      key: { kind: 'file', path: `${home}/key` },
    });
  });

  it.each([
    ['name: My.Shop\nservices: { a: { image: x } }\n', {}, 'myshop'],
    ['name: "shop-${N}"\nservices: { a: { image: x } }\n', { N: '2' }, 'shop-2'],
    ['name: file\nservices: { a: { image: x } }\n', { COMPOSE_PROJECT_NAME: 'given' }, 'given'],
  ])('%j has a name', (text, environment, name) => {
    expect(loaded(text, { environment }).name).toBe(name);
  });

  it.each([
    ['', 'COMPOSE_EMPTY compose.yaml:1:'],
    ['services:\n', 'COMPOSE_EMPTY compose.yaml:1:'],
    ['- a\n', 'COMPOSE_INVALID compose.yaml:1:1'],
    ['services: [a]\n', 'COMPOSE_INVALID compose.yaml:1:1'],
    ['services:\n  a: [x\n', 'COMPOSE_YAML compose.yaml:3:1'],
    ['services:\n  a: { image: *nope }\n', 'COMPOSE_YAML compose.yaml:2:15'],
    ['services:\n  a: { image: x }\n  a: { image: y }\n', 'COMPOSE_YAML compose.yaml:3:3'],
    ['sevices:\n  a: { image: x }\n', 'COMPOSE_UNKNOWN_KEY compose.yaml:1:1'],
    ['services:\n  a: { imag: x }\n', 'COMPOSE_UNKNOWN_KEY compose.yaml:2:8'],
    ['services:\n  a: { build: { contxt: x } }\n', 'COMPOSE_UNKNOWN_KEY compose.yaml:2:17'],
    ['services:\n  a: { image: [x] }\n', 'COMPOSE_INVALID compose.yaml:2:8'],
    ['services:\n  a: { image: 5 }\n', 'COMPOSE_INVALID compose.yaml:2:8'],
    ['services:\n  a:\n', 'COMPOSE_INVALID compose.yaml:2:3'],
    ['services:\n  a: { command: x }\n', 'COMPOSE_INVALID compose.yaml:2:3'],
    ['services:\n  "a b": { image: x }\n', 'COMPOSE_INVALID compose.yaml:2:3'],
    [
      'services:\n  a: { build: { dockerfile: D, dockerfile_inline: FROM x } }\n',
      'COMPOSE_INVALID compose.yaml:2:32',
    ],
    ['services:\n  a: { build: { no_cache: perhaps } }\n', 'COMPOSE_INVALID compose.yaml:2:17'],
    ['services:\n  a: { build: { context: "service:b" } }\n', 'COMPOSE_INVALID compose.yaml:2:26'],
  ])('%j gives %s', (text, expected) => {
    expect(failure(text)).toBe(expected);
  });

  it('may have keys of others, a version, a mark of the byte order and other line ends', () => {
    const text =
      '\uFEFFversion: "3"\r\nx-a: 1\r\nservices:\r\n  a: { image: x, x-b: 1, build: { x-c: 1 } }\r\n';
    expect(loaded(text).services.get('a')?.image?.text).toBe('x');
  });

  it('resolves anchors and merge keys', () => {
    const { services } = loaded(`x-base: &base { image: "x:1", build: &build { context: c, args: { A: 1 } } }
services:
  a: { <<: *base, image: y }
  b: *base
  c: { <<: [*base, { image: no, profiles: [p] }], build: { <<: *build, target: t } }
`);
    expect([...services.values()].map(({ image }) => image?.text)).toEqual(['y', 'x:1', 'x:1']);
    expect(services.get('c')).toMatchObject({ profiles: ['p'], build: { target: 't', args: { A: '1' } } });
  });
});

describe('hostile files', () => {
  it('are refused: alias bombs, anchors in themselves, depth, size', () => {
    const bomb = Array.from({ length: 12 }, (_, n) =>
      `x-${n}: &a${n} [${`*a${n - 1}, `.repeat(9)}x]`.replaceAll('*a-1, ', ''),
    );
    expect(failure(`${bomb.join('\n')}\nservices: { a: { image: x } }\n`)).toMatch(/^COMPOSE_TOO_LARGE/);
    expect(failure('x-a: &a { b: *a }\nservices: { a: { image: x } }\n')).toBe(
      'COMPOSE_YAML compose.yaml:1:9',
    );
    expect(failure(`x-a: ${'['.repeat(500)}${']'.repeat(500)}\n`)).toMatch(/^COMPOSE_TOO_LARGE/);
    expect(failure(`x-a: "${'a'.repeat(5_000_000)}"\n`)).toBe('COMPOSE_TOO_LARGE');
  });

  it('that include each other again and again are refused, and one that many extend is read once', () => {
    const twice = (n: number) => `include: [f${n}.yaml, { path: f${n}.yaml }]\n`;
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [n === 0 ? 'compose.yaml' : `f${n}.yaml`, twice(n + 1)]),
    );
    const last = { 'f30.yaml': 'services: { a: { image: x } }\n' };
    expect(failure({ ...files, ...last })).toMatch(/^COMPOSE_TOO_LARGE f\d+\.yaml:1:\d+$/);
    const services = Array.from(
      { length: 600 },
      (_, n) => `  s${n}: { extends: { file: b.yaml, service: b } }\n`,
    );
    const base = 'services: { b: { image: x } }\n';
    expect(loaded({ 'compose.yaml': `services:\n${services.join('')}`, 'b.yaml': base }).services.size).toBe(
      600,
    );
  });

  it('that include deeper and deeper are refused', () => {
    const files = Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [
        n === 0 ? 'compose.yaml' : `f${n}.yaml`,
        `include: [f${n + 1}.yaml]\n`,
      ]),
    );
    expect(failure(files)).toMatch(/^COMPOSE_INVALID f\d+\.yaml:1:11$/);
  });
});
