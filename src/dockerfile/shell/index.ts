// Apart from the folder above, so that what only builds does not load a shell parser.
export type {
  ShellWord,
  ShellAssignment,
  ShellCommand,
  ShellRedirect,
  ShellScript,
  WordPiece,
} from './command.ts';
export { type Invocation, type Invocations, invocationsOf, outputFile } from './invocations.ts';
export { isPosixShell, languageOf, readIn } from './language.ts';
export { type PlacedText, textAt } from './placed-text.ts';
export { readScript } from './read-script.ts';
export { scriptOfRun } from './run-script.ts';
export { type Argument, type KnownValue, type KnownVariables } from './variables.ts';
