import { integrityError } from '../../core/index.ts';
import type { InstalledPackage } from '../kind.ts';
import type { RootFiles } from '../root-files.ts';
import { headerFacts } from './header.ts';
import { ndbHeaders } from './ndb.ts';
import { rpmPackage } from './package.ts';
import { DamagedDatabase, sqliteTable } from './sqlite-table.ts';

/** Where rpm keeps its database; the second where `/usr` holds all that a system is. */
const directories = ['var/lib/rpm', 'usr/lib/sysimage/rpm'];

/**
 * Every package of rpm's database, in SQLite or rpm's own format; the keys that it keeps as packages are none. One in
 * Berkeley DB, which rpm wrote before 2020, is not read.
 * @throws HoldfastError RPM_DATABASE_MALFORMED (exit 4): what cannot be read may hide a package
 */
export function installedPackages(root: RootFiles): InstalledPackage[] {
  for (const directory of directories) {
    const found = packagesIn(root, directory);
    if (found.length > 0) return found;
  }
  return [];
}

function packagesIn(root: RootFiles, directory: string): InstalledPackage[] {
  const sqlite = `${directory}/rpmdb.sqlite`;
  const ndb = `${directory}/Packages.db`;
  return [
    ...packagesFrom(root.read(sqlite), sqlite, file => sqliteHeaders(file, root.read(`${sqlite}-wal`))),
    ...packagesFrom(root.read(ndb), ndb, ndbHeaders),
  ];
}

/** Rows of `Packages` are a number and a header. */
function* sqliteHeaders(file: Buffer, log: Buffer | undefined): Generator<Buffer> {
  for (const [, header] of sqliteTable(file, log, 'Packages')) if (Buffer.isBuffer(header)) yield header;
}

function packagesFrom(
  file: Buffer | undefined,
  from: string,
  headersIn: (file: Buffer) => Iterable<Buffer>,
): InstalledPackage[] {
  // An empty file is one that rpm is yet to fill.
  if (file === undefined || file.length === 0) return [];
  const found: InstalledPackage[] = [];
  try {
    for (const header of headersIn(file)) {
      const facts = headerFacts(header);
      if (facts === undefined) throw new DamagedDatabase('a package has no name or version');
      if (facts.architecture === undefined || facts.name === 'gpg-pubkey') continue;
      const known = rpmPackage(facts.name, facts, facts.architecture);
      if (known === undefined) throw new DamagedDatabase('a name or version is none of a package');
      const plain = rpmPackage(facts.name, { ...facts, epoch: undefined }, facts.architecture);
      found.push({ ...known, fileVersion: plain?.version, from });
    }
  } catch (error) {
    if (!(error instanceof DamagedDatabase)) throw error;
    throw integrityError('RPM_DATABASE_MALFORMED', `${from}: ${error.message}`, {
      next: 'Find the step that writes this file other than by rpm.',
      cause: error,
    });
  }
  return found;
}
