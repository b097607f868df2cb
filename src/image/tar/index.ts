export { shownPath, tarError, type TarHeader, type TarType } from './header.ts';
export { readTar, type TarEntry, type TarLimits } from './reader.ts';
export { writeTar, type TarFile } from './writer.ts';
