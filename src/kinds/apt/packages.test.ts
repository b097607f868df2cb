import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stanzas } from './deb822.ts';
import { packageFile, parsePackages } from './packages.ts';

const digest = '0'.repeat(64);
const stanza = `Package: hello
Version: 1:2.0-1
Architecture: amd64
Essential: yes
Priority: required
Provides: greeter (= 2.0), salute
Depends: libc6 (>= 2.36),
 libfoo
Maintainer: Žofie Ñandú <z@example.org>
description: greets
 and more: with a colon
 .
 end
Filename: ./pool/main/h/hello/hello_2.0-1_amd64.deb
Size: 1234
SHA256: ${digest.toUpperCase()}
`;

describe('parsePackages', () => {
  it('reads the fields that every question needs, and the others when asked', () => {
    const [hello, ...others] = parsePackages(Buffer.from(`${stanza}\n\n${stanza}`), 'test');
    expect(others).toHaveLength(1);
    expect(hello).toMatchObject({
      name: 'hello',
      version: '1:2.0-1',
      architecture: 'amd64',
      essential: true,
      priority: 'required',
      provides: 'greeter (= 2.0), salute',
    });
    expect(hello?.field('depends')).toBe('libc6 (>= 2.36),\nlibfoo');
    expect(hello?.field('Maintainer')).toBe('Žofie Ñandú <z@example.org>');
    expect(hello?.field('Description')).toBe('greets\nand more: with a colon\n.\nend');
    expect(hello?.field('Absent')).toBeUndefined();
    expect(hello?.field('and more')).toBeUndefined();
  });

  it('knows where the file is and what it must be', () => {
    const [hello] = parsePackages(Buffer.from(stanza), 'test');
    expect(hello && packageFile(hello)).toEqual({
      path: 'pool/main/h/hello/hello_2.0-1_amd64.deb',
      size: 1234,
      digest: `sha256:${digest}`,
    });
  });

  it.each(['/etc/passwd', '../../x.deb', 'pool/../../x.deb'])(
    'refuses a Filename that climbs out: %s',
    path => {
      const [hello] = parsePackages(Buffer.from(stanza.replace(/Filename: .*/, `Filename: ${path}`)), 'test');
      expect(() => hello && packageFile(hello)).toThrow(/where its file is/);
    },
  );

  it('refuses weak digests alone, and what is no index', () => {
    const [hello] = parsePackages(Buffer.from(stanza.replace('SHA256', 'SHA1')), 'test');
    expect(() => hello && packageFile(hello)).toThrow(/where its file is/);
    expect(() => parsePackages(Buffer.from('<html>\n'), 'test')).toThrow(
      expect.objectContaining({ code: 'APT_PACKAGES_MALFORMED', exit: 5 }),
    );
  });

  it('is empty for an empty index, and reads CRLF', () => {
    expect(parsePackages(Buffer.from(''), 'test')).toEqual([]);
    expect(parsePackages(Buffer.from('\n'), 'test')).toEqual([]);
    const [hello, ...more] = parsePackages(
      Buffer.from(`${stanza}\n${stanza}`.replaceAll('\n', '\r\n')),
      'test',
    );
    expect(more).toHaveLength(1);
    expect(hello?.field('Size')).toBe('1234');
  });

  it('agrees with the plain parser on any stanza', () => {
    const value = fc.array(fc.stringMatching(/^[!-"$-~]([ -~é]{0,10}[!-~])?$/), {
      minLength: 1,
      maxLength: 3,
    });
    const field = fc.tuple(fc.constantFrom('Depends', 'Tag', 'X-Any', 'provides'), value);
    const fields = fc.uniqueArray(field, { selector: ([name]) => name });
    fc.assert(
      fc.property(fields, more => {
        const text = `Package: a\n${more.map(([name, lines]) => `${name}: ${lines.join('\n ')}\n`).join('')}Version: 1\nArchitecture: all\n`;
        const [plain] = stanzas(text, (line, reason) => new Error(`${line} ${reason}`));
        const [fast] = parsePackages(Buffer.from(text), 'test');
        for (const name of plain?.names ?? []) expect(fast?.field(name)).toBe(plain?.get(name));
      }),
    );
  });
});
