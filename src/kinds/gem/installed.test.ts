import { expect, test } from 'vitest';
import { rootOfTexts } from '../testing.ts';
import { gem } from './index.ts';

function installed(files: Record<string, string>) {
  return gem.installed?.(rootOfTexts(files));
}

const spec = (stub: string) => `# -*- encoding: utf-8 -*-\n# stub: ${stub} lib\n\nGem::Specification.new\n`;

test('specifications tell; what Ruby brings along is left out', () => {
  const home = 'usr/local/bundle/specifications';
  const files = {
    [`${home}/nokogiri-1.16.0-x86_64-linux.gemspec`]: spec('nokogiri 1.16.0 x86_64-linux'),
    [`${home}/rake-13.1.0.gemspec`]: spec('rake 13.1.0 ruby'),
    [`${home}/notes.txt`]: 'x',
    [`${home}/default/json-2.7.1.gemspec`]: spec('json 2.7.1 ruby'),
    'var/lib/gems/3.1.0/specifications/foo-2-1.0.gemspec': 'Gem::Specification.new',
    'usr/local/lib/ruby/gems/3.3.0/specifications/odd.gemspec': 'Gem::Specification.new',
    'usr/local/bundle/ruby/3.3.0/specifications/pg-1.5.4.gemspec': spec('pg 1.5.4 ruby'),
  };
  expect(installed(files)).toEqual([
    {
      name: 'foo-2',
      version: '1.0',
      from: 'var/lib/gems/3.1.0/specifications/foo-2-1.0.gemspec',
    },
    {
      name: 'nokogiri',
      version: '1.16.0',
      architecture: 'x86_64-linux',
      from: `${home}/nokogiri-1.16.0-x86_64-linux.gemspec`,
    },
    { name: 'rake', version: '13.1.0', from: `${home}/rake-13.1.0.gemspec` },
    {
      name: 'pg',
      version: '1.5.4',
      from: 'usr/local/bundle/ruby/3.3.0/specifications/pg-1.5.4.gemspec',
    },
  ]);
});

test('no Ruby, no gems', () => expect(installed({})).toEqual([]));
