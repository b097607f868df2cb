import { counted } from '../core/index.ts';
import { isPackageSection, type InputSection } from '../lock/index.ts';

/** How many inputs a section of the lock has, with their noun: `1 archive`, `55 apt packages`. */
export function sectionCount(section: InputSection, count: number): string {
  if (isPackageSection(section)) return counted(count, `${section} package`);
  switch (section) {
    case 'image':
    case 'file':
      return counted(count, section);
    case 'archives':
      return counted(count, 'archive');
    case 'git':
      return counted(count, 'git commit');
    case 'unlocked':
      return `${count} unlocked`;
  }
}
