import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullName, splitFullName } from './gem-name.ts';

test.each([
  ['rake-13.1.0', 'rake', '13.1.0', undefined],
  ['aws-sdk-s3-1.140.0', 'aws-sdk-s3', '1.140.0', undefined],
  ['nokogiri-1.16.0-x86_64-linux', 'nokogiri', '1.16.0', 'x86_64-linux'],
  ['nokogiri-1.18.0-aarch64-linux-musl', 'nokogiri', '1.18.0', 'aarch64-linux-musl'],
  ['nokogiri-1.16.0-java', 'nokogiri', '1.16.0', 'java'],
  ['google-protobuf-3.25.1-x64-mingw-ucrt', 'google-protobuf', '3.25.1', 'x64-mingw-ucrt'],
  ['sorbet-static-0.5.11111-universal-darwin-14', 'sorbet-static', '0.5.11111', 'universal-darwin-14'],
  ['pg-1.5.4-x86-mingw32', 'pg', '1.5.4', 'x86-mingw32'],
  ['win-1.0-i386-mswin32-60', 'win', '1.0', 'i386-mswin32-60'],
  ['foo-2-1.0', 'foo-2', '1.0', undefined],
  ['rack-1-thing-0.1', 'rack-1-thing', '0.1', undefined],
  ['utf-8-1.0-java', 'utf-8', '1.0', 'java'],
  ['rails-7.1.0.rc1', 'rails', '7.1.0.rc1', undefined],
  ['0mq-0.5.3', '0mq', '0.5.3', undefined],
  ['x-1', 'x', '1', undefined],
])('%s', (text, name, version, platform) => {
  expect(splitFullName(text)).toEqual({ name, version, ...(platform !== undefined && { platform }) });
});

test.each([
  '',
  'rake',
  '-1.0',
  'rake-',
  'rake-a.1',
  'rake-1..0',
  'rake-1.0-',
  'rake-1.0-plan9',
  '../x-1.0',
  'r/x-1.0',
])('%j is no gem', text => expect(splitFullName(text)).toBeUndefined());

test('a name, a version and a platform are found again', () => {
  const parts = fc.record({
    name: fc.stringMatching(/^[a-z][a-z_]{0,8}(-[a-z]{1,6}){0,2}$/),
    version: fc.stringMatching(/^\d{1,3}(\.\d{1,3}){0,3}(\.pre\d)?$/),
    platform: fc.constantFrom(undefined, 'java', 'x86_64-linux', 'arm64-darwin-23', 'x86-mswin32-60'),
  });
  fc.assert(
    fc.property(parts, ({ name, version, platform }) => {
      const gem = { name, version, ...(platform !== undefined && { platform }) };
      expect(splitFullName(fullName(gem))).toEqual(gem);
    }),
  );
});
