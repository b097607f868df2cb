export { refsOfInfo } from './advertisement.ts';
export { git } from './git.ts';
