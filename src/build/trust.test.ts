import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { javaKeystore } from './java-keystore.ts';
import { stepTrust } from './trust.ts';

const [own = '', ca = ''] = rootCertificates;
const caPem = `${ca}\n`;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-trust-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function filesOfTrust(): Promise<Map<string, string>> {
  const { files } = await stepTrust(root, caPem);
  return new Map(files.map(({ path, content }) => [path, Buffer.from(content).toString('latin1')]));
}

test('an image without roots trusts the gateway alone, and gets nothing outside of the one folder', async () => {
  const files = await filesOfTrust();
  expect([...files.keys()].every(path => path.startsWith('/run/holdfast/'))).toBe(true);
  expect(files.get('/run/holdfast/ca-bundle.crt')).toBe(caPem);
});

test('the roots of an image stay trusted, and each bundle is replaced where it really is', async () => {
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  await writeFile(join(root, 'etc/ssl/certs/ca-certificates.crt'), own); // Without a final line end.
  await symlink('certs/ca-certificates.crt', join(root, 'etc/ssl/cert.pem'));
  const files = await filesOfTrust();
  const both = `${own}\n${caPem}`;
  expect(files.get('/run/holdfast/ca-bundle.crt')).toBe(both);
  expect(files.get('/etc/ssl/certs/ca-certificates.crt')).toBe(both);
  expect(files.has('/etc/ssl/cert.pem')).toBe(false);
});

test('every path that a variable names is laid there', async () => {
  const { files, environment, extended } = await stepTrust(root, caPem);
  const paths = files.map(({ path }) => path);
  for (const value of Object.values({ ...environment, ...extended }))
    expect(paths).toContain(value.replace(/^-D.*=/, ''));
});

test('a bundle that the image names by a variable is trusted to as well, and the variable stays', async () => {
  await mkdir(join(root, 'opt'));
  await writeFile(join(root, 'opt/company.pem'), own);
  await symlink('company.pem', join(root, 'opt/node.pem'));
  const { files, environment, extended } = await stepTrust(root, caPem, {
    NODE_EXTRA_CA_CERTS: '/opt/node.pem',
    SSL_CERT_FILE: '/opt/not-there.pem',
    JAVA_TOOL_OPTIONS: '-Xmx1g',
  });
  const contents = new Map(files.map(({ path, content }) => [path, content]));
  expect(contents.get('/opt/company.pem')).toBe(`${own}\n${caPem}`);
  expect(contents.has('/opt/not-there.pem')).toBe(false);
  expect(environment['JAVA_TOOL_OPTIONS']).toBeUndefined();
  expect(extended['JAVA_TOOL_OPTIONS']).toMatch(/^-Xmx1g -Djavax/);
});

test('a keystore for Java holds each certificate once, and leaves out what is none', () => {
  const none = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const keystore = javaKeystore(`# roots\n${own}\n${none}${caPem}${caPem}`);
  expect(keystore.readUInt32BE(0)).toBe(0xfeedfeed);
  expect(keystore.readUInt32BE(8)).toBe(2);
  for (const pem of [own, ca]) {
    const { raw } = new X509Certificate(pem);
    const at = keystore.indexOf(raw);
    expect(keystore.readUInt32BE(at - 4)).toBe(raw.length);
    expect(keystore.subarray(at - 11, at - 4).toString('latin1')).toBe('\0\u0005X.509');
  }
});
