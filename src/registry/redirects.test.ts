import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret, type CredentialSource } from './index.ts';
import { openHostileWorld, type HostileWorld } from './testing/hostile-world.ts';
import type { Script } from './testing/scripted-server.ts';

const password: CredentialSource = {
  credentialsFor: () =>
    Promise.resolve({ kind: 'password', username: 'kelp', password: new Secret('forest') }),
};

let world: HostileWorld;
beforeEach(async () => {
  world = await openHostileWorld();
});
afterEach(() => world.close());
const isLayer = (url: string) => url.endsWith(world.layer.digest);

describe('a redirect', () => {
  /** Asks for a password first, so that there are credentials to lose. */
  const guarded =
    (script: Script): Script =>
    (request, response) => {
      if (request.headers.authorization !== undefined) return script(request, response);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="kelp"' }).end();
    };

  test('to another host is followed without the credentials, and back again, too', async () => {
    const home: { origin?: string } = {};
    const storage = await world.server((request, response) => {
      if (!request.url.startsWith('/back')) return world.serve(request, response);
      response.writeHead(307, { location: `${home.origin}/open${request.url.slice(5)}` }).end();
    });
    const registry = await world.server((request, response) => {
      if (request.url.startsWith('/open/'))
        return world.serve({ ...request, url: request.url.slice(5) }, response);
      return guarded((asked, answer) => {
        const through = isLayer(asked.url) ? '/back' : '';
        const location = `${storage.origin}${through}${asked.url}`;
        if (asked.url.includes('/blobs/')) answer.writeHead(307, { location }).end();
        else world.serve(asked, answer);
      })(request, response);
    });
    home.origin = registry.origin;
    expect(await world.pull(registry.domain, password)).toMatchObject({ manifest: world.image });
    expect(storage.seen).toHaveLength(2);
    expect(storage.seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    const back = registry.seen.filter(({ url }) => url.startsWith('/open/'));
    expect(back.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(registry.seen.some(({ headers }) => headers.authorization !== undefined)).toBe(true);
  });

  test('within the host keeps them', async () => {
    const registry = await world.server(
      guarded((request, response) => {
        if (!request.url.startsWith('/moved'))
          response.writeHead(302, { location: `/moved${request.url}` }).end();
        else world.serve({ ...request, url: request.url.slice(6) }, response);
      }),
    );
    expect(await world.pull(registry.domain, password)).toMatchObject({ manifest: world.image });
  });

  test('in a circle ends', async () => {
    const { domain, seen } = await world.server(
      (_, response) => void response.writeHead(302, { location: '/round' }).end(),
    );
    await expect(world.pull(domain)).rejects.toMatchObject({ code: 'REGISTRY_REDIRECT', exit: 5 });
    expect(seen).toHaveLength(11);
  });

  test.each([
    ['http://plain.example.test/blob?signature=hush', 'REGISTRY_PLAIN_HTTP'],
    ['ftp://files.example.test/blob', 'REGISTRY_PLAIN_HTTP'],
    ['file:///etc/passwd', 'REGISTRY_PLAIN_HTTP'],
    ['http://[', 'REGISTRY_REDIRECT'],
  ])('to %s is refused', async (location, code) => {
    const { domain } = await world.server((_, response) => void response.writeHead(302, { location }).end());
    const failure: unknown = await world.pull(domain).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code });
    expect(String(failure)).not.toContain('hush');
  });
});
