import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const programs =
  'bash perl unshare mount umount env cat chmod cp id ls ln mkdir mknod mv rm sleep stat touch'.split(' ');

/** A root file system just large enough for tests, of this machine's own programs and what they link to. */
export function makeTinyRootfs(root: string): void {
  for (const name of ['bin', 'dev', 'etc', 'home/app', 'proc', 'sys', 'tmp', 'usr', 'var/lib'])
    mkdirSync(join(root, name), { recursive: true });
  symlinkSync('../bin', join(root, 'usr/bin'));
  symlinkSync('bash', join(root, 'bin/sh'));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nstaff:x:50:app\napp:x:1000:\nvideo:x:44:app,other\n');
  for (const name of programs) copyWithLibraries(root, name);
  const perlLibrary = execFileSync('perl', ['-e', 'print((grep { -e "$_/Socket.pm" } @INC)[0])']).toString();
  cpSync(perlLibrary, join(root, perlLibrary), { recursive: true, verbatimSymlinks: true });
}

function copyWithLibraries(root: string, name: string): void {
  const path = ['/usr/bin', '/bin'].map(directory => join(directory, name)).find(existsSync);
  if (path === undefined) throw new Error(`the tests need ${name} on this machine`);
  copyFileSync(path, join(root, 'bin', name));
  for (const [library] of execFileSync('ldd', [path]).toString().matchAll(/\/\S+/g)) {
    if (existsSync(join(root, library))) continue;
    mkdirSync(dirname(join(root, library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
}
