/** Package servers that are nothing but files: what each path of one answers. Real clients accept them. */

export { composerPages, type ComposerPackage } from './composer.ts';
export { cratePages, type Crate } from './cargo.ts';
export { gemPages, type Gem } from './gem.ts';
export { mavenPages, type MavenArtifact } from './maven.ts';
export type { Pages } from './pages.ts';
