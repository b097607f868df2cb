import { expect, test } from 'vitest';
import { parseModeChange } from './file-mode.ts';

const where = { file: 'Dockerfile', line: 1 };

// What chmod(1) of GNU coreutils makes of 0640 for a file and of 0750 for a directory, with umask 0.
test.each([
  ['755', 0o755, 0o755],
  ['04711', 0o4711, 0o4711],
  ['u=rwX,go=rX', 0o644, 0o755],
  ['a+x', 0o751, 0o751],
  ['+x', 0o751, 0o751],
  ['g-r,o=g', 0o600, 0o711],
  ['u+s,g+s', 0o6640, 0o6750],
  ['=r', 0o444, 0o444],
  ['ug+w-x', 0o660, 0o660],
  ['+t', 0o1640, 0o1750],
  ['u=', 0o040, 0o050],
])('%s', (text, file, directory) => {
  const change = parseModeChange(text, where);
  expect(change.apply(0o640, false).toString(8)).toBe(file.toString(8));
  expect(change.apply(0o750, true).toString(8)).toBe(directory.toString(8));
});

test.each(['', '8', '17777', 'u', 'u~x', 'x=r', 'u=rg', 'u=r,', '0o755', '-1'])('"%s" is no mode', text => {
  expect(() => parseModeChange(text, where)).toThrow(expect.objectContaining({ code: 'COPY_CHMOD' }));
});
