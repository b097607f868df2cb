import { expect, test } from 'vitest';
import { normalName, sdistNamed, wheelNamed } from './file-name.ts';

test.each([
  ['Foo.Bar__baz', 'foo-bar-baz'],
  ['simple', 'simple'],
])('%s is the project %s', (name, normal) => expect(normalName(name)).toBe(normal));

test.each([
  ['flask-3.0.0-py3-none-any.whl', 'flask', '3.0.0'],
  ['Foo_Bar-1.0-py2.py3-none-any.whl', 'foo-bar', '1.0'],
  ['numpy-2.1.0-cp313-cp313t-manylinux_2_17_x86_64.manylinux2014_x86_64.whl', 'numpy', '2.1.0'],
  ['a-1.0-1build-py3-none-any.whl', 'a', '1.0'],
  ['torch-2.1.0+cu118-cp311-cp311-linux_x86_64.whl', 'torch', '2.1.0+cu118'],
  ['b-1.0_1-py3-none-any.whl', 'b', '1.0.post1'],
  ['zope.interface-7.0-py3-none-any.whl', 'zope-interface', '7.0'],
])('wheel %s', (file, name, version) => expect(wheelNamed(file)).toEqual({ name, version }));

test.each([
  'flask-3.0.0.whl',
  'flask-new-py3-none-any.whl',
  'a-1.0-build-py3-none-any.whl',
  '-1.0-py3-none-any.whl',
  'a-1.0-py3-none-any.zip',
  'a-1.0-p y-none-any.whl',
])('%s is no wheel', file => expect(wheelNamed(file)).toBeUndefined());

test.each([
  ['flask-3.0.0.tar.gz', 'flask', '3.0.0'],
  ['foo-bar-1.0-beta.zip', 'foo-bar', '1.0b0'],
  ['Foo.Bar-1.0-1.tar.bz2', 'foo-bar', '1.0.post1'],
  ['demo-1.0-final.tar.gz', 'demo', '1.0-final'],
])('sdist %s of %s', (file, name, version) => expect(sdistNamed(file, name)).toEqual({ name, version }));

test.each([
  ['foo-bar-1.0.tar.gz', 'foo'],
  ['foo.tar.gz', 'foo'],
  ['other-1.0.tar.gz', 'foo'],
  ['foo-1.0.exe', 'foo'],
])('%s is no sdist of %s', (file, name) => expect(sdistNamed(file, name)).toBeUndefined());
