export { canonicalInstruction, checksumForm } from './canonical.ts';
export type { Directives, EscapeCharacter } from './directives.ts';
export { type ExpandedWords, type Expansion, expandHeredoc, expandWord, expandWords } from './expand.ts';
export type { Field } from './fields.ts';
export type { Flag } from './flags.ts';
export { frontendNotice, frontendOf } from './frontend.ts';
export type { Heredoc } from './heredoc.ts';
export { readIgnoreFile } from './ignore-file.ts';
export { IgnoreMatcher } from './ignore-matcher.ts';
export type {
  AddInstruction,
  ArgInstruction,
  Assignment,
  CmdInstruction,
  Command,
  CopyInstruction,
  EntrypointInstruction,
  EnvInstruction,
  ExposeInstruction,
  FromInstruction,
  Healthcheck,
  HealthcheckInstruction,
  InlineFile,
  Instruction,
  LabelInstruction,
  MaintainerInstruction,
  OnbuildInstruction,
  RunInstruction,
  Script,
  ShellInstruction,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
  WorkdirInstruction,
} from './instructions.ts';
export { TextJoiner, type MappedText, type Word } from './mapped-text.ts';
export type { Device, Mount } from './mounts.ts';
export { type Dockerfile, maximumLength, parseDockerfile, parseTrigger } from './parse.ts';
export { goMatch } from './path-match.ts';
export { parseDuration, parseSize, truthValue } from './quantities.ts';
export { resolveMount, type ResolvedMount } from './resolved-mount.ts';
export type { Variables } from './shell-lexer.ts';
export { Source, type SourceRange, type StandsAt } from './source.ts';
export { sourcesOf, type Stage } from './stages.ts';
export { didYouMean } from './suggestion.ts';
export type { OperandForm } from './syntax.ts';
export type { Warning } from './warning.ts';
