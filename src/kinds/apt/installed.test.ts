import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rootOfTexts } from '../testing.ts';
import { installedPackages } from './installed.ts';

const stanza = (name: string, status: string, more = 'Version: 1:2.0-1\nArchitecture: amd64\n') =>
  `Package: ${name}\nStatus: ${status}\nPriority: optional\n${more}Conffiles:\n /etc/${name} d41d8cd98f00b204e9800998ecf8427e\nDescription: a name\n with more lines\n .\n Version: 9 is not its version\n`;

describe('installedPackages', () => {
  it('reads the packages that dpkg has installed', () => {
    const from = 'var/lib/dpkg/status';
    const text = [
      stanza('bash', 'install ok installed'),
      stanza('kept', 'hold ok installed', 'Version: 1\nArchitecture: all\n'),
      stanza('waiting', 'install ok triggers-pending'),
      stanza('removed', 'deinstall ok config-files'),
      stanza('never', 'unknown ok not-installed', 'Architecture: amd64\n'),
      stanza('broken', 'install reinstreq half-installed'),
      'Package: without\nVersion: 1\nArchitecture: all\n',
    ].join('\n');
    expect(installedPackages(rootOfTexts({ [from]: text }))).toEqual([
      { name: 'bash', version: '1:2.0-1', architecture: 'amd64', from },
      { name: 'kept', version: '1', architecture: 'all', from },
      { name: 'waiting', version: '1:2.0-1', architecture: 'amd64', from },
    ]);
  });

  it('reads images without dpkg, which have one file a package', () => {
    const files = {
      'var/lib/dpkg/status.d/base-files': 'Package: base-files\nVersion: 12.4\nArchitecture: amd64\n',
      'var/lib/dpkg/status.d/base-files.md5sums': 'd41d8cd98f00b204e9800998ecf8427e  etc/issue\n',
      'var/lib/dpkg/status.d/gone': stanza('gone', 'deinstall ok config-files'),
    };
    expect(installedPackages(rootOfTexts(files))).toEqual([
      {
        name: 'base-files',
        version: '12.4',
        architecture: 'amd64',
        from: 'var/lib/dpkg/status.d/base-files',
      },
    ]);
  });

  it('finds nothing where there is nothing', () => {
    expect(installedPackages(rootOfTexts({}))).toEqual([]);
  });

  it.each(['no field\n', stanza('x', 'install ok installed', 'Architecture: all\n')])(
    'takes no status that it cannot read',
    text => {
      expect(() => installedPackages(rootOfTexts({ 'var/lib/dpkg/status': text }))).toThrow(
        expect.objectContaining({ code: 'APT_STATUS_MALFORMED', exit: 4 }),
      );
    },
  );
});

// The judge is the machine's own dpkg, about the machine itself.
const judge = existsSync('/var/lib/dpkg/status') && spawnSync('dpkg-query', ['--version']).status === 0;
if (!judge) console.log('skipped: installed packages against dpkg-query, which this machine does not have');

it.skipIf(!judge)('finds what dpkg-query finds', () => {
  const format = '${Package} ${Version} ${Architecture} ${db:Status-Status}\\n';
  const asked = spawnSync('dpkg-query', ['-W', '-f', format], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const lines = asked.stdout.split('\n').filter(line => line.endsWith(' installed'));
  const status = 'var/lib/dpkg/status';
  const found = installedPackages(rootOfTexts({ [status]: readFileSync(`/${status}`, 'utf8') }));
  expect(lines.length).toBeGreaterThan(0);
  expect(new Set(found.map(one => `${one.name} ${one.version} ${one.architecture} installed`))).toEqual(
    new Set(lines),
  );
});
