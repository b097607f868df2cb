export { git, type GitKind } from './git.ts';
