import type { Flag } from './flags.ts';
import type { Heredoc } from './heredoc.ts';
import type { MappedText, Word } from './mapped-text.ts';
import type { Device, Mount } from './mounts.ts';
import type { SourceRange } from './source.ts';
import type { Keyword, OperandForm } from './syntax.ts';

interface Base<Name extends Keyword> {
  readonly keyword: Name;
  /** From the keyword to the end of the last line, heredocs and their terminators included. */
  readonly range: SourceRange;
  /** The joined line, without heredocs, as Docker prints it. */
  readonly line: MappedText;
  readonly flags: readonly Flag[];
  /** What follows the flags, cut into words; for HEALTHCHECK what follows its type. */
  readonly form: OperandForm;
  readonly words: readonly Word[];
  readonly heredocs: readonly Heredoc[];
}

/** A command line. Expand nothing in it: variables are the shell's affair. */
export type Command =
  /** For the shell as one argument; heredocs that the shell shall read are part of the text. */
  | { readonly form: 'shell'; readonly text: MappedText }
  | { readonly form: 'exec'; readonly words: readonly Word[] };

/**
 * `RUN <<NAME` and nothing else: the body is the script. With a shebang it is to be a file called `name` that is
 * executed; without, one argument for the shell.
 */
export interface Script {
  readonly form: 'script';
  readonly text: MappedText;
  readonly name: string;
  readonly shebang: boolean;
}

/** `name=value`; both may hold quotes and variables. */
export interface Assignment {
  readonly name: Word;
  readonly value: Word;
}

/** A heredoc that becomes a file. */
export interface InlineFile {
  readonly path: string;
  readonly content: MappedText;
  /** Whether to put `content` through `expandHeredoc`. */
  readonly expand: boolean;
}

interface Transfer {
  /** Paths, URLs and patterns as written; heredocs are in `files`. */
  readonly sources: readonly Word[];
  readonly files: readonly InlineFile[];
  readonly destination: Word;
  readonly chown?: Word;
  readonly chmod?: Word;
  readonly link: boolean;
  readonly exclude: readonly Word[];
}

export interface FromInstruction extends Base<'FROM'> {
  readonly base: Word;
  readonly platform?: Word;
  /** In lower case: names of stages do not heed it. */
  readonly name?: string;
}

export interface ArgInstruction extends Base<'ARG'> {
  /** An argument without a value has no default. */
  readonly args: readonly { readonly name: Word; readonly value?: Word }[];
}

export interface EnvInstruction extends Base<'ENV'> {
  readonly variables: readonly Assignment[];
}

export interface LabelInstruction extends Base<'LABEL'> {
  readonly labels: readonly Assignment[];
}

export interface RunInstruction extends Base<'RUN'> {
  readonly command: Command | Script;
  readonly mounts: readonly Mount[];
  readonly network: 'default' | 'none' | 'host';
  readonly security: 'sandbox' | 'insecure';
  readonly devices: readonly Device[];
}

export interface CopyInstruction extends Base<'COPY'>, Transfer {
  /** A stage's name or number, a named context or an image. Holds no variables. */
  readonly from?: Word;
  readonly parents: boolean;
}

export interface AddInstruction extends Base<'ADD'>, Transfer {
  readonly checksum?: Word;
  /** Undefined where not said: the source then decides. */
  readonly keepGitDir?: boolean;
  readonly unpack?: boolean;
}

export interface CmdInstruction extends Base<'CMD'> {
  readonly command: Command;
}

export interface EntrypointInstruction extends Base<'ENTRYPOINT'> {
  readonly command: Command;
}

export interface HealthcheckInstruction extends Base<'HEALTHCHECK'> {
  /** Undefined for `HEALTHCHECK NONE`. */
  readonly check?: Healthcheck;
}

/** Times in nanoseconds, as the image configuration has them; 0 stands for "as inherited". */
export interface Healthcheck {
  readonly command: Command;
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

export interface OnbuildInstruction extends Base<'ONBUILD'> {
  readonly trigger: Instruction;
  /** The trigger's text with its heredocs, as the image configuration keeps it. */
  readonly expression: string;
}

export interface ShellInstruction extends Base<'SHELL'> {
  readonly shell: readonly Word[];
}

/** Ports as written; put each through `expandWords`. */
export interface ExposeInstruction extends Base<'EXPOSE'> {
  readonly ports: readonly Word[];
}

export interface VolumeInstruction extends Base<'VOLUME'> {
  readonly volumes: readonly Word[];
}

export interface WorkdirInstruction extends Base<'WORKDIR'> {
  readonly path: Word;
}

export interface UserInstruction extends Base<'USER'> {
  readonly user: Word;
}

export interface StopsignalInstruction extends Base<'STOPSIGNAL'> {
  readonly signal: Word;
}

export interface MaintainerInstruction extends Base<'MAINTAINER'> {
  readonly maintainer: Word;
}

/** Everything that can follow FROM in a stage. */
export type Instruction =
  | AddInstruction
  | ArgInstruction
  | CmdInstruction
  | CopyInstruction
  | EntrypointInstruction
  | EnvInstruction
  | ExposeInstruction
  | HealthcheckInstruction
  | LabelInstruction
  | MaintainerInstruction
  | OnbuildInstruction
  | RunInstruction
  | ShellInstruction
  | StopsignalInstruction
  | UserInstruction
  | VolumeInstruction
  | WorkdirInstruction;
