import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
  const paths = programs.map(hostPath);
  execFileSync('cp', ['-t', join(root, 'bin'), ...paths]);
  const libraries = execFileSync('ldd', paths)
    .toString()
    .matchAll(/(?<=\s)\/\S+(?= \()/g);
  const perlLibrary = execFileSync('perl', ['-e', 'print((grep { -e "$_/Socket.pm" } @INC)[0])']).toString();
  const files = [...new Set(Array.from(libraries, ([library]) => library)), perlLibrary];
  // With -L for the libraries' links, --parents keeps the paths.
  execFileSync('cp', ['-rL', '--parents', '-t', root, ...files]);
}

function hostPath(name: string): string {
  const path = ['/usr/bin', '/bin'].map(directory => join(directory, name)).find(existsSync);
  if (path === undefined) throw new Error(`the tests need ${name} on this machine`);
  return path;
}
