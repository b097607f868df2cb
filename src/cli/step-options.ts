import { isatty } from 'node:tty';
import { Option, type Command } from 'commander';
import {
  Agents,
  entitlements,
  Secrets,
  type AgentSource,
  type Entitlement,
  type FailedStepShell,
  type Grants,
  type SecretSource,
} from '../build/index.ts';
import { usageError } from '../core/index.ts';
import { parseSize } from '../dockerfile/index.ts';
import { collect } from './collect.ts';
import { csvPairs } from './csv-fields.ts';

/** What steps are lent of this machine; names and forms are those of `docker build`. */
export interface StepOptions {
  readonly secret?: readonly string[];
  readonly ssh?: readonly string[];
  readonly allow?: readonly string[];
  readonly network?: string;
  readonly shmSize?: number;
  readonly shellOnFailure?: boolean;
}

export function addStepOptions(command: Command): Command {
  return command
    .option(
      '--secret <id=NAME[,src=FILE|,env=NAME]>',
      'a secret for steps that mount it; it is in no layer, lock or log',
      collect,
    )
    .option('--ssh <default|ID=SOCKET|ID=KEY,…>', 'an SSH agent, or keys, for steps that mount it', collect)
    .addOption(
      new Option('--allow <entitlement>', `what steps may ask for: ${entitlements.join(', ')}`).argParser(
        collect,
      ),
    )
    .addOption(
      new Option('--network <mode>', 'the network of steps that name none').choices([
        'default',
        'none',
        'host',
      ]),
    )
    .option('--shm-size <bytes>', 'room in /dev/shm, as 64m, which it is without', sharedMemory);
}

export function addShellOption(command: Command): Command {
  return command.option(
    '--shell-on-failure',
    'where a RUN fails, open a shell that finds everything as it left it',
  );
}

/** Where the user asks for it and is at a terminal. What shows progress is closed, as it would draw over the shell. */
export function failedStepShell(
  { shellOnFailure = false }: StepOptions,
  progress: { close(): void },
): FailedStepShell | undefined {
  if (!shellOnFailure || !isatty(0)) return undefined;
  return async (step, open) => {
    progress.close();
    process.stderr.write(
      `${step} failed. This is a shell in it, with all as it was left; \`exit\` ends the build.\n`,
    );
    await open({ file: 0, type: process.env['TERM'] ?? 'dumb' });
  };
}

/** @throws HoldfastError SECRET_INVALID, SECRET_UNREADABLE, SSH_INVALID, ALLOW_INVALID (exit 2) */
export function grantsFrom(
  { secret = [], ssh = [], allow = [], network, shmSize }: StepOptions,
  environment: NodeJS.ProcessEnv,
  failedStepShell: FailedStepShell | undefined,
): Grants {
  const secrets = new Secrets(new Map(secret.map(text => secretOf(text, environment))), environment);
  secrets.refuseMissing();
  return {
    secrets,
    agents: new Agents(new Map(ssh.map(text => agentOf(text, environment)))),
    // As in buildx, who asks for the host's network for all allows it.
    allowed: new Set([
      ...allow.map(entitlementOf),
      ...(network === 'host' ? (['network.host'] as const) : []),
    ]),
    network: network === 'none' || network === 'host' ? network : undefined,
    shmSize,
    failedStepShell,
  };
}

/** `[type=file|env,]id=NAME[,src=FILE|,env=NAME]`; an id alone is a variable of that name, or else a file. */
function secretOf(text: string, environment: NodeJS.ProcessEnv): [string, SecretSource] {
  const fields = csvPairs(text);
  const known = ['type', 'id', 'src', 'source', 'env'];
  const [unknown] = [...fields.keys()].filter(name => !known.includes(name));
  if (unknown !== undefined) throw secretInvalid(`"${unknown}" is nothing that a secret has`);
  const { type, id = '', src, source = src, env } = Object.fromEntries(fields);
  if (id === '') throw secretInvalid('it lacks an id');
  if (type !== undefined && type !== 'file' && type !== 'env')
    throw secretInvalid(`its type cannot be "${type}"`);
  if (source !== undefined && env !== undefined) throw secretInvalid(`${id} has both a file and a variable`);
  const variable = env ?? (type === 'env' ? (source ?? id) : undefined);
  if (variable !== undefined) return [id, { from: 'variable', name: variable }];
  if (source === undefined && type === undefined && environment[id] !== undefined)
    return [id, { from: 'variable', name: id }];
  return [id, { from: 'file', path: source ?? id }];
}

/** `default` and `ID` mean the agent of SSH_AUTH_SOCK; `ID=PATH[,PATH…]` a socket or files with keys. */
function agentOf(text: string, environment: NodeJS.ProcessEnv): [string, AgentSource] {
  const [, id = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(text) ?? [];
  const paths = value.split(',').filter(path => path !== '');
  if (id === '') throw sshInvalid(`"${text}" lacks an id`);
  if (paths.includes('raw=true'))
    throw sshInvalid('a raw socket cannot be kept from doing more than signing');
  if (paths.length > 0) return [id, { paths }];
  const { SSH_AUTH_SOCK: socket = '' } = environment;
  if (socket === '') throw sshInvalid(`for ${id} no path is given, and SSH_AUTH_SOCK is not set`);
  return [id, { paths: [socket] }];
}

function entitlementOf(text: string): Entitlement {
  const found = entitlements.find(name => name === text || (name === 'device' && text.startsWith('device=')));
  if (found !== undefined) return found;
  throw usageError('ALLOW_INVALID', `"${text}" is nothing that can be allowed`, {
    next: `Write one of --allow ${entitlements.join(', --allow ')}.`,
  });
}

/** @throws HoldfastError SHM_SIZE_INVALID (exit 2) */
function sharedMemory(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined) return bytes;
  throw usageError('SHM_SIZE_INVALID', `"${text}" is no size`, { next: 'Write it as --shm-size 512m.' });
}

/** The text itself is not repeated: whoever errs may have written the secret there. */
const secretInvalid = (why: string) =>
  usageError('SECRET_INVALID', `this is not a secret: ${why}`, {
    next: 'Write it as --secret id=NAME,src=FILE or --secret id=NAME,env=VARIABLE.',
  });

const sshInvalid = (why: string) =>
  usageError('SSH_INVALID', `--ssh: ${why}`, {
    next: 'Start an agent and write --ssh default, or --ssh ID=PATH with its socket or a key.',
  });
