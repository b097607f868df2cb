import { gzipSync } from 'node:zlib';
import { tarOf } from '../tar.ts';
import { hexDigest, tarGz, type Pages } from './pages.ts';

export interface Gem {
  readonly name: string;
  readonly version: string;
  /** Requirements by name: `~> 1.0`. */
  readonly dependencies?: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly created?: string;
}

/** A gem server below `base`: the compact index (rubygems.org, "Compact Index") and the gems. */
export function gemPages(gems: readonly Gem[], base = ''): Pages {
  const pages = new Map<string, Buffer>();
  const infos = new Map<string, string>();
  for (const gem of gems) {
    const file = gemFile(gem);
    pages.set(`${base}/gems/${gem.name}-${gem.version}.gem`, file);
    infos.set(gem.name, (infos.get(gem.name) ?? '---\n') + infoLine(gem, file));
  }
  for (const [name, text] of infos) pages.set(`${base}/info/${name}`, Buffer.from(text));
  const versions = [...infos].map(([name, text]) => {
    const numbers = gems.filter(gem => gem.name === name).map(({ version }) => version);
    return `${name} ${numbers.join(',')} ${hexDigest('md5', text)}\n`;
  });
  const head = 'created_at: 2026-01-01T00:00:00Z\n---\n';
  pages.set(`${base}/versions`, Buffer.from(head + versions.join('')));
  return pages;
}

function infoLine({ version, dependencies = {}, created }: Gem, file: Buffer): string {
  const needs = Object.entries(dependencies).map(([name, requirement]) => `${name}:${requirement}`);
  const facts = [
    `checksum:${hexDigest('sha256', file)}`,
    ...(created === undefined ? [] : [`created_at:${created}`]),
  ];
  return `${version} ${needs.join(',')}|${facts.join(',')}\n`;
}

function gemFile(gem: Gem): Buffer {
  const library = { [`lib/${gem.name}.rb`]: `puts "${gem.name} ${gem.version}"\n` };
  return tarOf([
    { path: 'metadata.gz', content: gzipSync(specification(gem)) },
    { path: 'data.tar.gz', content: tarGz(library) },
  ]);
}

/** Gem::Specification as RubyGems writes it to YAML. */
function specification({ name, version, dependencies = {} }: Gem): string {
  const object = (type: string) => `!ruby/object:Gem::${type}`;
  const requirement = (operator: string, number: string, indent: string) =>
    [
      object('Requirement'),
      'requirements:',
      `- - "${operator}"`,
      `  - ${object('Version')}`,
      `    version: '${number}'`,
    ].join(`\n${indent}`);
  const needs = Object.entries(dependencies).flatMap(([needed, text]) => {
    const [operator = '>=', number = '0'] = text.split(' ');
    return [
      `- ${object('Dependency')}`,
      `  name: ${needed}`,
      `  requirement: ${requirement(operator, number, '    ')}`,
      '  type: :runtime',
      '  prerelease: false',
    ];
  });
  return [
    `--- ${object('Specification')}`,
    `name: ${name}`,
    `version: ${object('Version')}`,
    `  version: '${version}'`,
    'platform: ruby',
    'authors:',
    '- Test',
    'date: 2026-01-01 00:00:00.000000000 Z',
    needs.length === 0 ? 'dependencies: []' : 'dependencies:',
    ...needs,
    'executables: []',
    'extensions: []',
    'files:',
    `- lib/${name}.rb`,
    'require_paths:',
    '- lib',
    `required_ruby_version: ${requirement('>=', '0', '  ')}`,
    `required_rubygems_version: ${requirement('>=', '0', '  ')}`,
    'rubygems_version: 3.3.15',
    'specification_version: 4',
    'summary: A gem of the tests',
    '',
  ].join('\n');
}
