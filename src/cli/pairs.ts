import { isIP } from 'node:net';
import { usageError } from '../core/index.ts';

/**
 * `--build-arg NAME=value`, several of them; NAME alone takes the value from the environment, if it is there.
 * @throws BUILD_ARG_INVALID (exit 2)
 */
export function buildArguments(
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const given = texts.map(text => {
    const [name, value = env[text]] = buildArgument(text);
    return [name, value] as const;
  });
  return Object.fromEntries(
    given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ) as Record<string, string>;
}

function buildArgument(text: string): [name: string, value?: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  if (at < 0 && text !== '') return [text];
  throw usageError('BUILD_ARG_INVALID', `"${text}" is not a build argument`, {
    next: 'Write it as --build-arg NAME=value.',
  });
}

/** `--build-context NAME=what`. @throws CONTEXT_INVALID (exit 2) */
export function buildContext(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw usageError('CONTEXT_INVALID', `"${text}" is not a context and what it stands for`, {
    next: 'Write it as --build-context NAME=DIR or --build-context NAME=docker-image://REFERENCE.',
  });
}

/** `--label NAME=value`; a NAME alone has the empty value. @throws LABEL_INVALID (exit 2) */
export function label(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at !== 0 && text !== '') return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  throw usageError('LABEL_INVALID', `"${text}" is not a label`, { next: 'Write it as --label NAME=value.' });
}

/** `--add-host NAME:address`; the address of `host-gateway` is this machine's. @throws HoldfastError ADD_HOST_INVALID (exit 2) */
export function hostAddress(text: string): [string, string] {
  const [, name, address = ''] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  const plain = address === 'host-gateway' ? '127.0.0.1' : address.replace(/^\[(.*)\]$/, '$1');
  if (name !== undefined && isIP(plain) !== 0) return [name, plain];
  throw usageError('ADD_HOST_INVALID', `"${text}" is not a host and its address`, {
    next: 'Write it as --add-host NAME:ADDRESS, the address in numbers, or host-gateway.',
  });
}
