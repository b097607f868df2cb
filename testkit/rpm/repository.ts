import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ArchiveServer, type StoredFile } from '../apt/index.ts';
import { buildRpm, type RpmSpec } from './package.ts';

const run = promisify(execFile);

/** As createrepo names them; `zst` is of later versions than some systems have. */
export type MetadataCompression = 'gz' | 'xz';

/** Why no repository can be made here; nothing where one can. */
export function haveRpmTools(): string | undefined {
  const missing = ['rpmbuild', 'rpmsign', 'createrepo_c', 'gpg'].filter(
    tool => spawnSync(tool, ['--version']).status !== 0,
  );
  return missing.length === 0 ? undefined : `${missing.join(', ')} missing`;
}

const keyName = 'Test Repository <repository@example.org>';

/** A repository whose packages and whose repomd.xml one key has signed. */
export class YumRepository {
  /** The public key, armoured, as `rpm --import` and `gpgkey=` take it. */
  readonly key: string;
  readonly #directory: string;
  readonly #home: string;
  readonly #files = new Map<string, StoredFile>();

  private constructor(directory: string, home: string, key: string) {
    this.#directory = directory;
    this.#home = home;
    this.key = key;
  }

  static async create(): Promise<YumRepository> {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-yum-'));
    const home = join(directory, 'gnupg');
    await mkdir(home);
    await chmod(home, 0o700);
    await mkdir(join(directory, 'repository', 'Packages'), { recursive: true });
    await gpg(home, ['--passphrase', '', '--quick-gen-key', keyName, 'rsa2048', 'sign', 'never']);
    const { stdout } = await gpg(home, ['--armor', '--export']);
    return new YumRepository(directory, home, stdout);
  }

  /** Adds packages, and makes all metadata anew. */
  async publish(packages: readonly RpmSpec[], compression: MetadataCompression = 'gz'): Promise<void> {
    const root = join(this.#directory, 'repository');
    const before = await readdir(join(root, 'Packages'));
    await Promise.all(packages.map(one => buildRpm(one, join(root, 'Packages'))));
    const added = (await readdir(join(root, 'Packages'))).filter(file => !before.includes(file));
    const paths = added.map(file => join(root, 'Packages', file));
    const macros = [`_gpg_name ${keyName}`, `_gpg_path ${this.#home}`, '__gpg /usr/bin/gpg'];
    const env = { PATH: process.env['PATH'], HOME: this.#directory, GNUPGHOME: this.#home };
    const defines = macros.flatMap(macro => ['--define', macro]);
    await run('rpmsign', [...defines, '--addsign', ...paths], { env });
    await run('createrepo_c', ['--quiet', '--no-database', `--general-compress-type=${compression}`, root]);
    const repomd = join(root, 'repodata', 'repomd.xml');
    await rm(`${repomd}.asc`, { force: true });
    await gpg(this.#home, ['--armor', '--detach-sign', repomd]);
    await this.#load(root);
  }

  serve(): Promise<ArchiveServer> {
    return ArchiveServer.start({ get: path => this.#files.get(path) });
  }

  /** A further file that the server has, by its path without a leading slash. */
  put(path: string, text: string): void {
    this.#files.set(path, { bytes: Buffer.from(text), modified: new Date(0) });
  }

  /** Where mirrors tell that the repomd.xml as it is now lies; the form that RFC 5854 came from. */
  metalink(url: string): string {
    const repomd = this.#files.get('repodata/repomd.xml');
    if (repomd === undefined) throw new Error('nothing has been published');
    const { bytes } = repomd;
    const hash = createHash('sha256').update(bytes).digest('hex');
    const [, time = ''] = /<timestamp>(\d+)/.exec(bytes.toString()) ?? [];
    return `<?xml version="1.0" encoding="utf-8"?>
<metalink version="3.0" xmlns="http://www.metalinker.org/" xmlns:mm0="http://fedorahosted.org/mirrormanager">
 <files><file name="repomd.xml">
  <mm0:timestamp>${time}</mm0:timestamp><size>${bytes.length}</size>
  <verification><hash type="sha256">${hash}</hash></verification>
  <resources><url protocol="http" type="http" preference="100">${url}</url></resources>
 </file></files>
</metalink>
`;
  }

  async close(): Promise<void> {
    await run('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: this.#home } });
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #load(root: string): Promise<void> {
    for (const path of this.#files.keys()) if (path.startsWith('repodata/')) this.#files.delete(path);
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const { mtime } = await stat(path);
      this.#files.set(path.slice(root.length + 1), { bytes: await readFile(path), modified: mtime });
    }
  }
}

function gpg(home: string, args: readonly string[]) {
  const quiet = ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--yes'];
  return run('gpg', ['--homedir', home, ...quiet, ...args]);
}
