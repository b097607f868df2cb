// Real clients download over TLS in a step: they trust the gateway, and nothing of that trust is in the image.
import { gunzipSync } from 'node:zlib';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Store } from '../src/store/index.ts';
import type { Digest } from '../src/core/index.ts';
import { putClientBases } from './trust/clients-base.ts';
import { heavyClients, lightClients, type Client } from './trust/clients.ts';
import { startSecureServers, type SecureServers } from './trust/servers.ts';
import {
  lockedImage,
  makeWorld,
  printedImage,
  upstreamEnvironment,
  withoutNetwork,
  type World,
} from './world.ts';

const withHeavy = process.env['HOLDFAST_TEST_HEAVY'] === '1';
if (!withHeavy)
  console.log('skipped: Go, Cargo, Java, Maven, yarn, pnpm and Composer; HOLDFAST_TEST_HEAVY=1 runs them');

let world: World;
let servers: SecureServers;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startSecureServers();
  await putClientBases(world.store, withHeavy);
}, 1_200_000);
afterAll(async () => {
  await world.close();
  await servers.close();
});

const fetchJava = `public class Fetch {
  public static void main(String[] arguments) throws Exception {
    try (var body = new java.net.URL(arguments[0]).openStream()) { body.transferTo(System.out); }
  }
}
`;

describe.each([
  ...lightClients.map(client => ({ base: 'clients:1', ...client })),
  ...(withHeavy ? heavyClients.map(client => ({ base: 'heavy:1', ...client })) : []),
])('$name', ({ base, command }: Client & { base: string }) => {
  test('downloads, recorded and replayed, and leaves no trace', async () => {
    const copies = base === 'heavy:1' ? 'COPY Fetch.java test.gpg /' : 'COPY test.gpg /';
    const before = servers.front.requests.length;
    await recordedAndReplayed(base, `${copies}\nRUN ${command(servers.urls)}\n`);
    expect(servers.front.requests.length).toBeGreaterThan(before);
  });
});

test('a step that installs the roots on a base that has none, and then downloads', async () => {
  await recordedAndReplayed(
    'plain:1',
    `RUN test ! -e /etc/ssl/certs/ca-certificates.crt
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && curl -sSf ${servers.urls.files}/hello
RUN curl -sSf ${servers.urls.files}/hello
`,
  );
});

test.runIf(withHeavy)('a step that installs Java with its keystore, and then downloads', async () => {
  await recordedAndReplayed(
    'plain:1',
    `COPY Fetch.java /
RUN apt-get update && apt-get install -y --no-install-recommends default-jre-headless ca-certificates-java && java Fetch.java ${servers.urls.files}/hello
RUN java Fetch.java ${servers.urls.files}/hello
RUN keytool -list -v -cacerts -storepass changeit > /roots && grep -q CN=ISRG /roots && ! grep -i holdfast /roots
`,
  );
});

/** Locks and builds, from nothing but the lock and the store, and looks into the image. */
async function recordedAndReplayed(base: string, lines: string): Promise<void> {
  await rm(world.lockPath, { force: true });
  const files = { Dockerfile: `FROM ${base}\n${lines}`, 'test.gpg': servers.aptKey, 'Fetch.java': fetchJava };
  await world.write(files);
  // The archive in this machine's apt configuration may need the machine's own.
  const env = { ...upstreamEnvironment(), NODE_EXTRA_CA_CERTS: servers.front.roots };
  await world.succeed('lock', servers.addHosts, { env });
  const image = lockedImage(await world.readLock()) as Digest;
  expect(await tracesIn(image, base)).toEqual([]);
  const replayed = await world.succeed('build', ['--locked', '--no-cache'], { through: withoutNetwork });
  expect(printedImage(replayed)).toBe(image);
}

/** What is left of the build's certificate, or of what names it, in an image's configuration and in the layers of its own. */
async function tracesIn(image: Digest, base: string): Promise<string[]> {
  const store = await Store.open(world.store);
  const manifestOf = async (digest: Digest) =>
    JSON.parse((await store.readBytes(digest)).toString()) as {
      config: { digest: Digest };
      layers: { digest: Digest }[];
    };
  const below = await manifestOf((await store.tagged(base))?.digest ?? image);
  const { config, layers } = await manifestOf(image);
  const own = layers.slice(below.layers.length);
  expect(own).not.toEqual([]);
  const found: string[] = [];
  const look = (where: string, bytes: Buffer) => {
    for (const trace of traces) if (bytes.includes(trace)) found.push(`${where}: ${trace}`);
  };
  look('the configuration', await store.readBytes(config.digest));
  for (const { digest } of own) look(digest, gunzipSync(await store.readBytes(digest)));
  return found;
}

/** The certificate's names, as DER and text have them and as PEM has them at each of the three alignments. */
const traces = [
  'Holdfast build CA',
  '/run/holdfast',
  ...[0, 1, 2].map(shift => {
    const base64 = Buffer.from(`${' '.repeat(shift)}Holdfast build CA`).toString('base64');
    return base64.slice(shift === 0 ? 0 : 4, 20);
  }),
];
