/** A Go module proxy with a past, that the real go command accepts. */

export { goMod, goProgram, type GoModule } from './module.ts';
export { GoProxy } from './proxy.ts';
