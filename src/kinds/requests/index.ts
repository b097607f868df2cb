// What commands ask for, apart from the kinds' index: it needs nothing that reads exchanges or archives.
import type { Invocation } from '../../dockerfile/shell/index.ts';
import { apkFinder } from '../apk/find.ts';
import { aptFinder } from '../apt/find.ts';
import { cargoFinder } from '../cargo/find.ts';
import { composerFinder } from '../composer/find.ts';
import { condaFinder } from '../conda/find.ts';
import { cpanFinder } from '../cpan/find.ts';
import { cranFinder } from '../cran/find.ts';
import { cloudFinder } from '../file/find-cloud.ts';
import { windowsFileFinder } from '../file/find-windows.ts';
import { fileFinder } from '../file/find.ts';
import { gemFinder } from '../gem/find.ts';
import { gitFinder } from '../git/find.ts';
import { goFinder } from '../go/find.ts';
import { mavenFinder } from '../maven/find.ts';
import { npmFinder } from '../npm/find.ts';
import { nugetFinder } from '../nuget/find.ts';
import { otherFinder } from '../other/find.ts';
import { pypiFinder } from '../pypi/find.ts';
import { rpmFinder } from '../rpm/find.ts';
import type { Finder, Request } from './request.ts';

export { checkedOut } from '../git/find.ts';
export { gitReferenceFirmness } from './git-reference.ts';
export type {
  CloneRequest,
  DownloadRequest,
  Ecosystem,
  Firmness,
  InstallRequest,
  Item,
  KeyRequest,
  Remedy,
  RepositoryRequest,
  Request,
  RestoreRequest,
  UncheckedRequest,
  UpgradeRequest,
} from './request.ts';

const finders: readonly Finder[] = [
  aptFinder,
  apkFinder,
  rpmFinder,
  pypiFinder,
  condaFinder,
  npmFinder,
  gemFinder,
  goFinder,
  cargoFinder,
  composerFinder,
  mavenFinder,
  nugetFinder,
  cpanFinder,
  cranFinder,
  gitFinder,
  fileFinder,
  windowsFileFinder,
  cloudFinder,
  otherFinder,
];

const byProgram = new Map<string, Finder[]>();
for (const finder of finders)
  for (const program of finder.programs) byProgram.set(program, [...(byProgram.get(program) ?? []), finder]);

/** What one program that is started asks of the network, as far as its arguments say. */
export function requestsOf(invocation: Invocation): readonly Request[] {
  const { name } = invocation;
  // `pip3.12` and `python3` are pip and python.
  const known = byProgram.get(name) ?? byProgram.get(name.replace(/^(pip|python|pypy)[\d.]+$/, alias));
  return known?.flatMap(finder => finder.find(invocation)) ?? [];
}

function alias(_whole: string, name: string): string {
  return name === 'pypy' ? 'python' : name;
}
