import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from './ca.ts';

const authority = new CertificateAuthority();
let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'holdfast-ca-'))));
afterAll(() => rmSync(directory, { recursive: true }));

const tool = 'openssl';
const openssl = (...args: string[]) =>
  execFileSync(tool, args, { cwd: directory, encoding: 'utf8', stdio: 'pipe' });
const hasOpenssl = (() => {
  try {
    return execFileSync(tool, ['version']).length > 0;
  } catch {
    console.warn('skipped: openssl is not installed');
    return false;
  }
})();

describe.skipIf(!hasOpenssl)('by openssl, strictly', () => {
  it.each([
    ['example.org', ['-verify_hostname', 'example.org']],
    ['192.0.2.1', ['-verify_ip', '192.0.2.1']],
    ['2001:db8::12:0:1', ['-verify_ip', '2001:db8::12:0:1']],
    ['::1', ['-verify_ip', '::1']],
    [`${'a'.repeat(63)}.${'b'.repeat(63)}.test`, []],
  ])('the leaf of %s is valid, today and in any year', (name, options) => {
    writeFileSync(join(directory, 'ca.pem'), authority.certificatePem);
    writeFileSync(join(directory, 'leaf.pem'), authority.leaf(name).certificatePem);
    for (const year of ['2001-01-01', '2026-06-01', '2098-01-01']) {
      const at = String(Date.parse(year) / 1000);
      const verdict = openssl(
        'verify',
        '-x509_strict',
        '-purpose',
        'sslserver',
        '-attime',
        at,
        ...options,
        '-CAfile',
        'ca.pem',
        'leaf.pem',
      );
      expect(verdict).toContain('leaf.pem: OK');
    }
  });

  it('a leaf signs nothing, and another name is not covered', () => {
    writeFileSync(join(directory, 'ca.pem'), authority.certificatePem);
    writeFileSync(join(directory, 'leaf.pem'), authority.leaf('example.org').certificatePem);
    expect(() =>
      openssl('verify', '-verify_hostname', 'example.com', '-CAfile', 'ca.pem', 'leaf.pem'),
    ).toThrow(/mismatch/i);
    expect(new X509Certificate(authority.leaf('example.org').certificatePem).ca).toBe(false);
  });

  it('markers are found in every form of the certificate', () => {
    writeFileSync(join(directory, 'ca.pem'), authority.certificatePem);
    openssl('x509', '-in', 'ca.pem', '-outform', 'DER', '-out', 'ca.der');
    const certificate = new X509Certificate(authority.certificatePem);
    const base64 = certificate.raw.toString('base64');
    const forms = {
      pem: Buffer.from(authority.certificatePem),
      der: certificate.raw,
      'public key': certificate.publicKey.export({ type: 'spki', format: 'der' }),
      text: Buffer.from(openssl('x509', '-in', 'ca.pem', '-noout', '-text')),
      'base64 in one line': Buffer.from(base64),
      'base64 in lines of 76': Buffer.from(base64.replaceAll(/.{76}/g, '$&\n')),
    };
    for (const [form, bytes] of Object.entries(forms))
      expect([form, authority.markers.some(marker => bytes.includes(marker))]).toEqual([form, true]);
    const other = new CertificateAuthority();
    const foreign = [Buffer.from(other.certificatePem), new X509Certificate(other.certificatePem).raw];
    for (const bytes of foreign) expect(authority.markers.some(marker => bytes.includes(marker))).toBe(false);
  });
});

it('makes a leaf once per name and forgets the least used', () => {
  const first = authority.leaf('once.test');
  expect(authority.leaf('once.test')).toBe(first);
  for (let n = 0; n < 1000; n++) authority.leaf(`${n}.test`);
  expect(authority.leaf('999.test')).toBe(authority.leaf('999.test'));
  expect(authority.leaf('once.test')).not.toBe(first);
});
