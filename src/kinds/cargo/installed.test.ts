import { expect, test } from 'vitest';
import { rootOfTexts } from '../testing.ts';
import { cargo } from './index.ts';

function installed(files: Record<string, string>) {
  return cargo.installed?.(rootOfTexts(files));
}

const registry = '(registry+https://git.test/index)';

test('what cargo install says; paths and git are no crates of a registry', () => {
  const installs = {
    [`ripgrep 14.1.0 ${registry}`]: { bins: ['rg'] },
    'sccache 0.8.1 (sparse+https://index.test/)': {},
    'mine 0.1.0 (path+file:///src)': {},
    'forked 0.1.0 (git+https://git.test/forked#abc)': {},
    '../x 1.0.0 (registry+https://git.test/index)': {},
  };
  expect(installed({ 'usr/local/cargo/.crates2.json': JSON.stringify({ installs }) })).toEqual([
    { name: 'ripgrep', version: '14.1.0', from: 'usr/local/cargo/.crates2.json' },
    { name: 'sccache', version: '0.8.1', from: 'usr/local/cargo/.crates2.json' },
  ]);
});

test('the older file is read where there is no newer', () => {
  const toml = `[v1]\n"ripgrep 14.1.0 ${registry}" = ["rg"]\n"broken\n"x 1 ${registry}" = []\n`;
  expect(installed({ 'root/.cargo/.crates.toml': toml })).toEqual([
    { name: 'ripgrep', version: '14.1.0', from: 'root/.cargo/.crates.toml' },
  ]);
});

test.each(['', 'null', '[]', '{"installs":"x"}', '{"installs":["a 1.0.0"]}'])('%j tells nothing', json => {
  expect(installed({ 'usr/local/cargo/.crates2.json': json })).toEqual([]);
});
