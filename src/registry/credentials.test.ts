import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dockerCredentials, parseReference, type Environment } from './index.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-credentials-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');

async function write(path: string, config: unknown): Promise<string> {
  const file = join(home, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
  return file;
}

/** `user:password` or `kind:token`, revealed. */
async function found(reference: string, env: Environment = {}): Promise<string | undefined> {
  const source = dockerCredentials({ env, homeDirectory: home });
  const credentials = await source.credentialsFor(parseReference(reference));
  if (credentials === undefined) return undefined;
  return credentials.kind === 'password'
    ? `${credentials.username}:${credentials.password.reveal()}`
    : `${credentials.kind}:${credentials.token.reveal()}`;
}

describe('in the configuration', () => {
  test('every way of writing a registry is found', async () => {
    await write('.docker/config.json', {
      auths: {
        'https://index.docker.io/v1/': { auth: base64('hub:a:b') },
        'https://old.example.test/v2/': { auth: base64('old:c\0\0') },
        'r.example.test:5000': { username: 'plain', password: 'd' },
        'r.example.test/team/private': { auth: base64('narrow:e') },
        'r.example.test/team': { auth: base64('wide:f') },
        'token.example.test': { auth: base64('x:'), identitytoken: 'refresh' },
        'ready.example.test': { registrytoken: 'bearer' },
        'empty.example.test': {},
      },
    });
    expect(await found('debian')).toBe('hub:a:b');
    expect(await found('old.example.test/a')).toBe('old:c');
    expect(await found('r.example.test:5000/a')).toBe('plain:d');
    expect(await found('r.example.test/team/private')).toBe('narrow:e');
    expect(await found('r.example.test/team/other')).toBe('wide:f');
    expect(await found('r.example.test/elsewhere')).toBeUndefined();
    expect(await found('token.example.test/a')).toBe('identity-token:refresh');
    expect(await found('ready.example.test/a')).toBe('registry-token:bearer');
    expect(await found('empty.example.test/a')).toBeUndefined();
  });

  test('the files come in their order', async () => {
    const config = (name: string) => ({ auths: { 'r.example.test': { auth: base64(`${name}:x`) } } });
    expect(await found('r.example.test/a')).toBeUndefined();
    await write('.docker/config.json', config('home'));
    const DOCKER_CONFIG = join(await write('other/config.json', config('other')), '..');
    const REGISTRY_AUTH_FILE = await write('auth.json', config('podman'));
    expect(await found('r.example.test/a')).toBe('home:x');
    expect(await found('r.example.test/a', { DOCKER_CONFIG })).toBe('other:x');
    expect(await found('r.example.test/a', { DOCKER_CONFIG, REGISTRY_AUTH_FILE })).toBe('podman:x');
    await write('run/containers/auth.json', config('runtime'));
    await write('.config/containers/auth.json', config('config'));
    const XDG_RUNTIME_DIR = join(home, 'run');
    const DOCKER_AUTH_CONFIG = JSON.stringify(config('text'));
    expect(await found('r.example.test/a')).toBe('config:x');
    expect(await found('r.example.test/a', { XDG_RUNTIME_DIR })).toBe('runtime:x');
    expect(await found('r.example.test/a', { XDG_RUNTIME_DIR, DOCKER_CONFIG })).toBe('other:x');
    expect(await found('r.example.test/a', { DOCKER_AUTH_CONFIG, DOCKER_CONFIG })).toBe('text:x');
    expect(await found('r.example.test/a', { DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE })).toBe('podman:x');
  });

  test('a registry that one place does not know is looked for in the next', async () => {
    await write('.config/containers/auth.json', { auths: { 'a.example.test': { auth: base64('a:x') } } });
    await write('.docker/config.json', { auths: { 'b.example.test': { auth: base64('b:x') } } });
    expect(await found('a.example.test/i')).toBe('a:x');
    expect(await found('b.example.test/i')).toBe('b:x');
  });

  test('a GitLab job knows its registry and its proxy, and no other', async () => {
    const env = { CI_REGISTRY: 'r.example.test:5050', CI_JOB_TOKEN: 'job' };
    expect(await found('r.example.test:5050/a', env)).toBe('gitlab-ci-token:job');
    const user = { ...env, CI_REGISTRY_USER: 'ci', CI_REGISTRY_PASSWORD: 'pass' };
    expect(await found('r.example.test:5050/a', user)).toBe('ci:pass');
    const proxy = {
      CI_DEPENDENCY_PROXY_SERVER: 'gitlab.example.test:443',
      CI_DEPENDENCY_PROXY_USER: 'proxy',
      CI_DEPENDENCY_PROXY_PASSWORD: 'pass',
    };
    expect(await found('gitlab.example.test:443/group/a', proxy)).toBe('proxy:pass');
    expect(await found('other.example.test/a', { ...user, ...proxy })).toBeUndefined();
    await write('.docker/config.json', { auths: { 'r.example.test:5050': { auth: base64('own:x') } } });
    expect(await found('r.example.test:5050/a', user)).toBe('own:x');
  });

  test.each([
    ['{"auths":{"r":{"auth":"s3cret'],
    ['{"auths":["s3cret"]}'],
    ['{"auths":{"r.example.test":{"auth":"czNjcmV0"}}}'],
  ])('what is damaged is named and not quoted: %s', async text => {
    const file = await write('.docker/config.json', text);
    const failure: unknown = await found('r.example.test/a').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'CREDENTIALS_INVALID',
      exit: 2,
      message: expect.stringContaining(file),
    });
    expect(inspect(failure, { depth: 9 })).not.toContain('s3cret');
  });
});

describe('from a helper', () => {
  const env = () => ({ PATH: `${home}:${process.env['PATH']}` });
  async function helper(name: string, script: string) {
    const file = await write(`docker-credential-${name}`, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }

  test('for one registry before the one for all, asked with its name', async () => {
    await write('.docker/config.json', {
      credsStore: 'all',
      credHelpers: { 'r.example.test': 'one' },
      auths: { 'r.example.test': { auth: base64('not:this') } },
    });
    const answer = `read server; printf '{"Username":"%s","Secret":"%s"}'`;
    await helper('one', `${answer} one "$1 $server"`);
    await helper('all', `${answer} '<token>' "$server"`);
    expect(await found('r.example.test/a', env())).toBe('one:get r.example.test');
    expect(await found('debian', env())).toBe('identity-token:https://index.docker.io/v1/');
  });

  test('which is asked once a registry', async () => {
    await write('.docker/config.json', { credsStore: 'counting' });
    await helper('counting', `echo x >>${home}/count; echo '{"Username":"a","Secret":"b"}'`);
    const source = dockerCredentials({ env: env(), homeDirectory: home });
    for (const text of ['debian', 'alpine', 'r.example.test/a', 'r.example.test/b'])
      await source.credentialsFor(parseReference(text));
    expect(await readFile(join(home, 'count'), 'utf8')).toBe('x\nx\n');
  });

  test('that knows nothing gives nothing, and what is written counts', async () => {
    await write('.docker/config.json', {
      credsStore: 'none',
      auths: { 'r.example.test': { auth: base64('written:x') } },
    });
    await helper('none', 'echo credentials not found in native keychain; exit 1');
    expect(await found('debian', env())).toBeUndefined();
    expect(await found('r.example.test/a', env())).toBe('written:x');
  });

  test.each([
    ['is not installed', undefined],
    ['failed with status 3', 'echo s3cret; echo s3cret >&2; exit 3'],
    ['did not answer with JSON', 'echo s3cret'],
  ])('that %s is named, and nothing of what it said is shown', async (why, script) => {
    await write('.docker/config.json', { credsStore: 'bad' });
    if (script !== undefined) await helper('bad', script);
    const failure: unknown = await found('debian', env()).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'CREDENTIAL_HELPER_FAILED',
      exit: 2,
      message: expect.stringContaining(why),
    });
    expect(inspect(failure, { depth: 9 })).not.toContain('s3cret');
  });

  test('whose name is a path is not run', async () => {
    await write('.docker/config.json', { credsStore: '../../bin/x' });
    await expect(found('debian', env())).rejects.toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED' });
  });
});

test('credentials show themselves in nothing', async () => {
  await write('.docker/config.json', { auths: { 'docker.io': { auth: base64('kelp:s3cret') } } });
  const source = dockerCredentials({ env: {}, homeDirectory: home });
  const credentials = await source.credentialsFor(parseReference('debian'));
  expect(JSON.stringify(credentials) + inspect(credentials, { depth: 9, showHidden: true })).not.toContain(
    's3cret',
  );
  expect(JSON.stringify(credentials)).toContain('kelp');
});
