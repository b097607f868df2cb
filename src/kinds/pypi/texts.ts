import { changelogSections, isChangelogName, namesRelease } from '../changelog.ts';
import { tarballFiles, zipFiles } from '../packed-files.ts';
import type { PackageTexts } from '../package-texts.ts';

/**
 * Of a wheel nothing runs when it is installed, but its `.pth` files run whenever Python starts; an sdist's `setup.py`
 * runs when it is built.
 * @throws where the archive is damaged
 */
export async function distributionTexts(bytes: Buffer, url: string): Promise<PackageTexts> {
  const isZip = /\.(?:whl|zip)$/.test(new URL(url).pathname);
  const files = isZip ? zipFiles(bytes, isRead) : await tarballFiles(bytes, isRead);
  const isWheel = new URL(url).pathname.endsWith('.whl');
  const name = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  const texts = [...files].map(([path, content]) => [path, content.toString('utf8')] as const);
  const changelog = texts
    .filter(([path]) => isChangelogName(name(path)))
    .toSorted(([a], [b]) => depth(a) - depth(b))
    .at(0);
  const scripts = texts.filter(([path]) => (isWheel ? path.endsWith('.pth') : name(path) === 'setup.py'));
  return {
    changelog: changelogSections(changelog?.[1] ?? '', namesRelease),
    scripts: Object.fromEntries(scripts.map(([path, text]) => [name(path), text])),
  };
}

const depth = (path: string) => path.split('/').length;

/** What counts lies at the top of an archive, or in the folder that an sdist is packed as. */
function isRead(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (path.split('/').length > 2) return false;
  return isChangelogName(name) || name === 'setup.py' || name.endsWith('.pth');
}
