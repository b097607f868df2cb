import { afterEach, describe, expect, test } from 'vitest';
import {
  noCredentials,
  parseReference,
  RegistryClient,
  Secret,
  type Credentials,
  type CredentialSource,
} from './index.ts';
import { startScripted, type Script, type ScriptedServer } from './testing/scripted-server.ts';
import { fakeClock } from './testing/stores.ts';

const manifestType = 'application/vnd.oci.image.index.v1+json';
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const given = (credentials: Credentials): CredentialSource => ({
  credentialsFor: () => Promise.resolve(credentials),
});

async function server(script: Script): Promise<ScriptedServer> {
  const started = await startScripted(script);
  closing.push(() => started.stop());
  return started;
}

async function client(credentials: CredentialSource, clock = fakeClock()): Promise<RegistryClient> {
  const opened = await RegistryClient.open({ env: {}, homeDirectory: '/nonexistent', credentials, clock });
  closing.push(() => opened.close());
  return opened;
}

/** Gives tokens t1, t2, …; a registry that takes only the last one. */
async function guardedRegistry(answer: (token: string) => unknown = token => ({ token })) {
  let issued = 0;
  const auth = await server((_, response) => void response.end(JSON.stringify(answer(`t${++issued}`))));
  const registry = await server((request, response) => {
    if (request.headers.authorization === `Bearer t${issued}`) {
      response.writeHead(200, { 'content-type': manifestType }).end('{"schemaVersion":2,"manifests":[]}');
      return;
    }
    const [, path] = /^\/v2\/(.+)\/manifests\//.exec(request.url) ?? [];
    const scope = `repository:${path}:pull`;
    const challenge = `Bearer realm="${auth.origin}/token?extra=1",service="kelp registry",scope="${scope} registry:catalog:*"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  return { auth, registry, forget: () => issued++ };
}

const image = ({ domain }: ScriptedServer, path = 'team/app') => parseReference(`${domain}/${path}:1`);

describe('a token', () => {
  test('is had anonymously, for this repository, once', async () => {
    const { auth, registry } = await guardedRegistry();
    const anonymous = await client(noCredentials);
    await Promise.all([1, 2, 3, 4].map(() => anonymous.manifest(image(registry))));
    await anonymous.manifest(image(registry));
    expect(auth.seen).toHaveLength(1);
    const url = new URL(auth.seen[0]?.url ?? '', auth.origin);
    expect(url.searchParams.get('extra')).toBe('1');
    expect(url.searchParams.get('service')).toBe('kelp registry');
    expect(url.searchParams.getAll('scope')).toEqual(['repository:team/app:pull', 'registry:catalog:*']);
    expect(auth.seen[0]?.headers.authorization).toBeUndefined();
  });

  test('is had with the password, which only the token server sees', async () => {
    const { auth, registry } = await guardedRegistry();
    const kelp = await client(given({ kind: 'password', username: 'kelp', password: new Secret('for:est') }));
    await kelp.manifest(image(registry));
    const basic = `Basic ${Buffer.from('kelp:for:est').toString('base64')}`;
    expect(auth.seen[0]?.headers.authorization).toBe(basic);
    expect(registry.seen.map(({ headers }) => headers.authorization)).not.toContain(basic);
  });

  test('is had for a refresh token, by POST', async () => {
    let form = '';
    const auth = await server(({ method, body }, response) => {
      form = `${method} ${body.toString()}`;
      response.end('{"access_token":"fresh"}');
    });
    const registry = await server(({ headers }, response) => {
      if (headers.authorization === 'Bearer fresh')
        response.writeHead(200, { 'content-type': manifestType }).end('{"schemaVersion":2,"manifests":[]}');
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="${auth.origin}/t"` }).end();
    });
    const kelp = await client(given({ kind: 'identity-token', token: new Secret('refresh&me') }));
    await kelp.manifest(image(registry));
    expect(form).toBe(
      'POST grant_type=refresh_token&client_id=holdfast&refresh_token=refresh%26me&scope=repository%3Ateam%2Fapp%3Apull',
    );
  });

  test('that is finished already is used as it is', async () => {
    const { auth, registry } = await guardedRegistry();
    const kelp = await client(given({ kind: 'registry-token', token: new Secret('t0') }));
    await kelp.manifest(image(registry));
    expect(auth.seen).toEqual([]);
  });

  test('is renewed before it runs out, and after it was refused', async () => {
    const clock = fakeClock();
    const { auth, registry, forget } = await guardedRegistry(token => ({ token, expires_in: 300 }));
    const anonymous = await client(noCredentials, clock);
    await anonymous.manifest(image(registry));
    clock.advance(280_000);
    await anonymous.manifest(image(registry));
    expect(auth.seen).toHaveLength(1);
    clock.advance(15_000);
    await anonymous.manifest(image(registry));
    expect(auth.seen).toHaveLength(2);
    expect(registry.seen.filter(({ headers }) => headers.authorization === undefined)).toHaveLength(1);
    forget();
    await anonymous.manifest(image(registry));
    expect(auth.seen).toHaveLength(3);
  });

  test.each([
    ['nothing', () => ({})],
    ['HTML', () => '<html>'],
    ['a line break', () => ({ token: 'a\r\nX: y' })],
  ])('that is %s is an error that quotes nothing', async (_, answer) => {
    const { registry } = await guardedRegistry(answer);
    const anonymous = await client(noCredentials);
    await expect(anonymous.manifest(image(registry))).rejects.toMatchObject({
      code: 'REGISTRY_TOKEN',
      exit: 5,
    });
  });
});

test('a token server that would be asked in plain text is not asked', async () => {
  const registry = await server((_, response) => {
    response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://auth.example.test/token"' }).end();
  });
  const kelp = await client(given({ kind: 'password', username: 'kelp', password: new Secret('forest') }));
  await expect(kelp.manifest(image(registry))).rejects.toMatchObject({ code: 'REGISTRY_PLAIN_HTTP' });
});

test('a token server that sends a refresh token elsewhere is not followed', async () => {
  const elsewhere = await server((_, response) => void response.end('{"token":"x"}'));
  const auth = await server(
    (_, response) => void response.writeHead(307, { location: elsewhere.origin }).end(),
  );
  const registry = await server((_, response) => {
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${auth.origin}/t"` }).end();
  });
  const kelp = await client(given({ kind: 'identity-token', token: new Secret('refresh') }));
  await expect(kelp.manifest(image(registry))).rejects.toMatchObject({ code: 'REGISTRY_TOKEN' });
  expect(elsewhere.seen).toEqual([]);
});

test('a refused login says what to do', async () => {
  const auth = await server((_, response) => void response.writeHead(401).end('{"details":"no"}'));
  const registry = await server((_, response) => {
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${auth.origin}/t"` }).end();
  });
  const kelp = await client(
    given({ kind: 'password', username: 'kelp', password: new Secret('forest'), from: 'k.json' }),
  );
  await expect(kelp.manifest(image(registry))).rejects.toMatchObject({
    code: 'REGISTRY_DENIED',
    message: expect.stringMatching(/for the credentials in k.json: .* gave no token/),
    next: expect.stringContaining('docker login'),
  });
});
