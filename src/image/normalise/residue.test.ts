import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canBeRoot } from '../filesystem/testing.ts';
import { tarFile, tarNode } from '../tar/testing.ts';
import type { TarFile } from '../tar/index.ts';
import { findBytes } from './find-bytes.ts';
import type { BuildTrust } from './residue.ts';
import { layerOf } from './testing.ts';

const isRoot = canBeRoot('taking the certificate out');

describe.skipIf(!isRoot)('the certificate of the build', () => {
  const block = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
  const ours = block('b3VyIGNlcnRpZmljYXRl');
  const other = block('YW5vdGhlciBvbmU=');
  const trust: BuildTrust = {
    pem: ours,
    markers: [Buffer.from('our certificate'), Buffer.from('b3VyIGNlcnRpZmlj')],
  };
  const run = async (upper: TarFile[], lower: TarFile[] = [], injected: string[] = []) =>
    layerOf(upper, lower, { trust, injected });

  test('is taken out of a bundle, which is then what it was', async () => {
    const { listing, hits } = await run(
      [tarFile('etc/ssl/certs/bundle.crt', `${other}${ours}${other}`, { mtime: 2_000_000_000 })],
      [tarFile('etc/ssl/certs/bundle.crt', `${other}${other}`, { mtime: 7 })],
    );
    expect([listing, hits]).toEqual([[], ['build-certificate etc/ssl/certs/bundle.crt']]);
  });

  test('is taken out of a new bundle at every place, with and without line end', async () => {
    const { contents } = await run([tarFile('b', `${ours}# kept\n${other}${ours}${ours.trim()}`)]);
    expect(contents['b']).toBe(`# kept\n${other}`);
  });

  test('files of nothing else and links that lead to them are dropped', async () => {
    const { listing, hits } = await run([
      tarFile('usr/local/share/ca-certificates/build.crt', ours),
      tarNode('symlink', 'etc/ssl/certs/build.pem', { target: '/usr/local/share/ca-certificates/build.crt' }),
      tarNode('symlink', 'etc/ssl/certs/0a1b2c3d.0', { target: 'build.pem' }),
      tarNode('symlink', 'etc/ssl/certs/other.pem', { target: '/usr/share/other.crt' }),
    ]);
    expect(listing.filter(path => !path.endsWith('/'))).toEqual([
      'etc/ssl/certs/other.pem -> /usr/share/other.crt',
    ]);
    expect(hits).toHaveLength(3);
  });

  test('links to an injected certificate are dropped, unless the image has that path', async () => {
    const link = tarNode('symlink', 'etc/ssl/certs/x.pem', { target: '../../../usr/share/x.crt' });
    expect((await run([link], [], ['/usr/share/x.crt'])).listing.join()).not.toContain('x.pem');
    const { listing } = await run([link], [tarFile('usr/share/x.crt', other)], ['/usr/share/x.crt']);
    expect(listing.join()).toContain('x.pem');
  });

  test.each<[string, TarFile]>([
    ['its content', tarFile('etc/keystore', `jks\0${'x'.repeat(2_000_000)}our certificate\0`)],
    ['its content', tarFile('etc/rewrapped', 'b3VyIGNlcnRpZmlj\nYXRl')],
    ['its name', tarFile('etc/our certificate.txt')],
    ['its target', tarNode('symlink', 'etc/l', { target: '/our certificate' })],
    [
      'its attribute user.x',
      tarFile('etc/f', '', { xattrs: new Map([['user.x', Buffer.from('(our certificate)')]]) }),
    ],
  ])('left anywhere else it fails the step: %s', async (place, file) => {
    const failure = run([file, tarFile('etc/fine', other)]);
    await expect(failure).rejects.toMatchObject({ code: 'CA_RESIDUE', exit: 6 });
    await expect(failure).rejects.toThrow(`/${file.header.path.toString()} holds the certificate`);
    await expect(failure).rejects.toThrow(`(${place})`);
  });

  test('in so much that another thread searches it, it fails the step as well', async () => {
    const much = tarFile('opt/model.bin', `${'x'.repeat(33 * 1024 * 1024)}our certificate`);
    await expect(run([tarFile('opt/a', other), much])).rejects.toThrow(
      '/opt/model.bin holds the certificate',
    );
  });

  test('in a log that a rule empties it is gone with the rest', async () => {
    expect((await run([tarFile('var/log/apt/term.log', 'our certificate')])).contents).toEqual({
      'var/log/apt/term.log': '',
    });
  });

  test('what lies below is not looked at', async () => {
    const old = tarFile('etc/old', 'our certificate');
    expect((await run([old], [old])).listing).toEqual([]);
  });

  test('other forbidden bytes are refused too', async () => {
    const secret = Buffer.from('s3cret');
    await expect(
      layerOf([tarFile('etc/token', 'the s3cret')], [], { forbidden: [secret] }),
    ).rejects.toMatchObject({
      code: 'LAYER_FORBIDDEN',
    });
  });
});

describe('findBytes', () => {
  test('finds what includes finds, wherever the stream is cut', () => {
    const bytes = (max: number) =>
      fc.array(fc.constantFrom(97, 98, 99), { maxLength: max }).map(values => Buffer.from(values));
    fc.assert(
      fc.property(
        bytes(60),
        fc.array(bytes(6), { maxLength: 3 }),
        fc.integer({ min: 1, max: 9 }),
        (text, patterns, size) => {
          const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
            text.subarray(at * size, (at + 1) * size),
          );
          const expected = patterns.filter(pattern => pattern.length > 0 && text.includes(pattern));
          expect(findBytes(chunks, patterns)).toEqual(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
