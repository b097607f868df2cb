import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256, type Digest } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import {
  noCredentials,
  openSource,
  parseReference,
  pullImage,
  RegistryClient,
  Secret,
  type CredentialSource,
  type Descriptor,
} from './index.ts';
import { sampleImage } from './testing/sample-image.ts';
import { startScripted, type Script, type ScriptedServer } from './testing/scripted-server.ts';
import { blobsIn, fakeClock, openWorkspace, type Workspace } from './testing/stores.ts';

const amd64 = { os: 'linux', architecture: 'amd64' };
const password: CredentialSource = {
  credentialsFor: () =>
    Promise.resolve({ kind: 'password', username: 'kelp', password: new Secret('forest') }),
};

let work: Workspace;
let honest: Store;
let victim: Store;
let image: Descriptor;
let manifest: { config: Descriptor; layers: Descriptor[] };
let layer: Descriptor;
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  work = await openWorkspace();
  honest = await work.newStore();
  victim = await work.newStore();
  image = await sampleImage(honest, ['one']);
  manifest = JSON.parse((await honest.readBytes(image.digest)).toString()) as typeof manifest;
  layer = manifest.layers[0] as Descriptor;
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await work.remove();
});

async function server(script: Script): Promise<ScriptedServer> {
  const started = await startScripted(script);
  closing.push(() => started.stop());
  return started;
}

async function pull(domain: string, credentials = noCredentials, clock = fakeClock()) {
  const client = await RegistryClient.open({ env: {}, homeDirectory: '/nonexistent', credentials, clock });
  closing.push(() => client.close());
  const source = openSource({ kind: 'docker', reference: parseReference(`${domain}/team/app:1`) }, client);
  return pullImage(source, amd64, victim);
}

/** Answers truthfully. */
const serve: Script = ({ url }, response) => {
  const [, kind, name = ''] = /^\/v2\/team\/app\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
  if (kind === undefined) return void response.writeHead(404).end();
  const { digest } = kind === 'manifests' ? image : { digest: name as Digest };
  void honest.readBytes(digest).then(bytes => {
    const type = kind === 'manifests' ? image.mediaType : 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.byteLength }).end(bytes);
  });
};
const isLayer = (url: string) => url.endsWith(layer.digest);
const isManifest = (url: string) => url.includes('/manifests/');

/** Truthful but for what `lie` answers itself. */
const liar =
  (lie: (url: string, response: ServerResponse, number: number) => boolean): Script =>
  (request, response) => {
    if (!lie(request.url, response, request.number)) serve(request, response);
  };

describe('a manifest that is none', () => {
  test.each([
    ['an HTML page', 'text/html; charset=utf-8', '<html>Log in</html>'],
    ['HTML that claims to be a manifest', 'application/vnd.oci.image.manifest.v1+json', '<html>'],
    ['JSON of another kind', 'application/json', '{"token":1}'],
    ['schema 1', 'application/vnd.docker.distribution.manifest.v1+prettyjws', '{"schemaVersion":1}'],
    [
      'index and image at once',
      'application/vnd.oci.image.index.v1+json',
      '{"schemaVersion":2,"manifests":[],"layers":[]}',
    ],
    [
      'a type that its own text denies',
      'application/vnd.oci.image.index.v1+json',
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}',
    ],
    [
      'a digest that climbs',
      'application/vnd.oci.image.manifest.v1+json',
      '{"schemaVersion":2,"config":{"mediaType":"a","digest":"sha256:../../x","size":1},"layers":[]}',
    ],
  ])('%s: REGISTRY_NOT_A_MANIFEST', async (_, type, body) => {
    const { domain } = await server(
      (__, response) => void response.writeHead(200, { 'content-type': type }).end(body),
    );
    await expect(pull(domain)).rejects.toMatchObject({
      code: 'REGISTRY_NOT_A_MANIFEST',
      exit: 5,
      message: expect.stringContaining(domain),
    });
    expect(await blobsIn(victim)).toEqual([]);
  });

  test('one without end is left after 4 MiB', async () => {
    const { domain } = await server((_, response) => endless(response, image.mediaType));
    await expect(pull(domain)).rejects.toMatchObject({
      code: 'REGISTRY_NOT_A_MANIFEST',
      message: expect.stringContaining('4 MiB'),
    });
  });

  test('a type left vague gives way to what the manifest says of itself', async () => {
    const { domain } = await server(
      liar((url, response) => {
        if (!isManifest(url)) return false;
        void honest
          .readBytes(image.digest)
          .then(bytes => response.setHeader('content-type', 'application/json').end(bytes));
        return true;
      }),
    );
    expect(await pull(domain)).toMatchObject({ manifest: image });
  });
});

describe('bytes that are not those', () => {
  test.each([
    ['of a blob', isLayer, () => Buffer.alloc(layer.size)],
    ['of a blob, too short', isLayer, () => Buffer.alloc(layer.size - 1)],
    ['of a blob, too long', isLayer, () => Buffer.alloc(layer.size + 1)],
  ])('%s: REGISTRY_DIGEST_MISMATCH', async (_, about, bytes) => {
    const { domain } = await server(
      liar(
        (url, response) => about(url) && !!response.setHeader('content-length', bytes().length).end(bytes()),
      ),
    );
    await expect(pull(domain)).rejects.toMatchObject({
      code: 'REGISTRY_DIGEST_MISMATCH',
      exit: 4,
      message: expect.stringContaining(layer.digest),
    });
    expect(await victim.has(layer.digest)).toBe(false);
    expect(await victim.has(image.digest)).toBe(false);
  });

  test('a blob without end is left where it should have ended', async () => {
    const { domain } = await server(
      liar((url, response) => isLayer(url) && (endless(response, 'application/octet-stream'), true)),
    );
    await expect(pull(domain)).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH' });
    expect(await victim.has(layer.digest)).toBe(false);
  });

  test('a manifest under another digest, or with a header that names one', async () => {
    const { domain } = await server(
      liar(
        (url, response) => isManifest(url) && !response.setHeader('docker-content-digest', sha256('rock')),
      ),
    );
    await expect(pull(domain)).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH', exit: 4 });
    const client = await RegistryClient.open({ env: {}, homeDirectory: '/', credentials: noCredentials });
    closing.push(() => client.close());
    const other = await server(serve);
    const asked = parseReference(`${other.domain}/team/app@${sha256('kelp')}`);
    await expect(client.manifest(asked)).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH', exit: 4 });
  });
});

describe('a connection that breaks', () => {
  test('is taken up again where it broke', async () => {
    const ranges: (string | undefined)[] = [];
    const { domain } = await server((request, response) => {
      if (!isLayer(request.url)) return serve(request, response);
      ranges.push(request.headers.range);
      void honest.readBytes(layer.digest).then(bytes => {
        if (ranges.length === 1) {
          response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 10));
          return setTimeout(() => response.destroy(), 20);
        }
        // The second answer knows no ranges, the third does.
        if (ranges.length === 2) {
          response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 20));
          return setTimeout(() => response.destroy(), 20);
        }
        const range = { 'content-range': `bytes 20-${bytes.length - 1}/${bytes.length}` };
        return response.writeHead(206, range).end(bytes.subarray(20));
      });
    });
    expect(await pull(domain)).toMatchObject({ manifest: image });
    expect(ranges).toEqual([undefined, 'bytes=10-', 'bytes=20-']);
  });

  test('for ever at the same byte is an error', async () => {
    const { domain } = await server(
      liar((url, response) => {
        if (!isLayer(url)) return false;
        response.writeHead(200, { 'content-length': layer.size }).write('x');
        setTimeout(() => response.destroy(), 5);
        return true;
      }),
    );
    await expect(pull(domain)).rejects.toMatchObject({ code: 'REGISTRY_CUT_SHORT', exit: 5 });
    expect(await victim.has(layer.digest)).toBe(false);
  });
});

describe('a registry under load', () => {
  test('is waited for as long as it says', async () => {
    const clock = fakeClock();
    const later = new Date(clock.now() + 7000 + 3000).toUTCString();
    const { domain } = await server(
      liar((url, response, number) => {
        if (!isManifest(url) || number > 3) return false;
        const headers = [{ 'retry-after': '7' }, { 'retry-after': later }, {}][number - 1];
        response.writeHead(number === 3 ? 503 : 429, headers).end();
        return true;
      }),
    );
    expect(await pull(domain, noCredentials, clock)).toMatchObject({ manifest: image });
    expect(clock.slept).toEqual([7000, 3000, 2000]);
  });

  test.each([
    [429, 'REGISTRY_RATE_LIMITED'],
    [503, 'REGISTRY_UNAVAILABLE'],
  ])('that answers %i for ever is given up: %s', async (status, code) => {
    const clock = fakeClock();
    const { domain, seen } = await server((_, response) => void response.writeHead(status).end());
    await expect(pull(domain, noCredentials, clock)).rejects.toMatchObject({ code, exit: 5 });
    expect(seen).toHaveLength(5);
    expect(clock.slept).toEqual([500, 1000, 2000, 4000]);
  });

  test('that asks for an hour is not waited for', async () => {
    const clock = fakeClock();
    const { domain } = await server(
      (_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end(),
    );
    await expect(pull(domain, noCredentials, clock)).rejects.toMatchObject({
      code: 'REGISTRY_RATE_LIMITED',
      message: expect.stringContaining('3600 seconds'),
    });
    expect(clock.slept).toEqual([]);
  });
});

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
    const storage = await server((request, response) => {
      if (!request.url.startsWith('/back')) return serve(request, response);
      response.writeHead(307, { location: `${home.origin}/open${request.url.slice(5)}` }).end();
    });
    const registry = await server((request, response) => {
      if (request.url.startsWith('/open/')) return serve({ ...request, url: request.url.slice(5) }, response);
      return guarded((asked, answer) => {
        const through = isLayer(asked.url) ? '/back' : '';
        const location = `${storage.origin}${through}${asked.url}`;
        if (asked.url.includes('/blobs/')) answer.writeHead(307, { location }).end();
        else serve(asked, answer);
      })(request, response);
    });
    home.origin = registry.origin;
    expect(await pull(registry.domain, password)).toMatchObject({ manifest: image });
    expect(storage.seen).toHaveLength(2);
    expect(storage.seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    const back = registry.seen.filter(({ url }) => url.startsWith('/open/'));
    expect(back.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(registry.seen.some(({ headers }) => headers.authorization !== undefined)).toBe(true);
  });

  test('within the host keeps them', async () => {
    const registry = await server(
      guarded((request, response) => {
        if (!request.url.startsWith('/moved'))
          response.writeHead(302, { location: `/moved${request.url}` }).end();
        else serve({ ...request, url: request.url.slice(6) }, response);
      }),
    );
    expect(await pull(registry.domain, password)).toMatchObject({ manifest: image });
  });

  test('in a circle ends', async () => {
    const { domain, seen } = await server(
      (_, response) => void response.writeHead(302, { location: '/round' }).end(),
    );
    await expect(pull(domain)).rejects.toMatchObject({ code: 'REGISTRY_REDIRECT', exit: 5 });
    expect(seen).toHaveLength(11);
  });

  test.each([
    ['http://plain.example.test/blob?signature=hush', 'REGISTRY_PLAIN_HTTP'],
    ['ftp://files.example.test/blob', 'REGISTRY_PLAIN_HTTP'],
    ['file:///etc/passwd', 'REGISTRY_PLAIN_HTTP'],
    ['http://[', 'REGISTRY_REDIRECT'],
  ])('to %s is refused', async (location, code) => {
    const { domain } = await server((_, response) => void response.writeHead(302, { location }).end());
    const failure: unknown = await pull(domain).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code });
    expect(String(failure)).not.toContain('hush');
  });
});

function endless(response: ServerResponse, type: string): void {
  response.writeHead(200, { 'content-type': type });
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}
