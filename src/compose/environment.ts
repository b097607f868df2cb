import { parseEnvFile } from './env-file.ts';
import { isFile, readFileText } from './files.ts';
import type { Lookup } from './interpolate.ts';
import { asItems } from './merge.ts';
import { entryOf, type ComposeNode, type MapNode } from './node.ts';
import { invalid, refuseUnknownKeys, textIn, valuePlace } from './problems.ts';
import { flagOf, member, pathIn, variablesOf } from './values.ts';

/**
 * The variables that a service's containers get: those of its env files, the later counting more, then its own.
 * @throws HoldfastError COMPOSE_INVALID, COMPOSE_FILE_MISSING, ENV_FILE_INVALID (exit 2)
 */
export function readEnvironment(service: MapNode, what: string, lookup: Lookup): Map<string, string> {
  const found = new Map<string, string>();
  const files = member(service, 'env_file');
  for (const item of files === undefined ? [] : asItems(files)) {
    const { path, name, required, format } = envFileOf(item, `${what}.env_file`);
    if (!required && !isFile(path)) continue;
    const text = readFileText(path, name, valuePlace(item));
    const own: Lookup = variable => lookup(variable) ?? found.get(variable);
    for (const [variable, value] of parseEnvFile(text, name, own, format)) found.set(variable, value);
  }
  for (const [variable, value = lookup(variable)] of variablesOf(service, 'environment', what)) {
    if (value === undefined) found.delete(variable);
    else found.set(variable, value);
  }
  return found;
}

function envFileOf(item: ComposeNode, what: string) {
  refuseUnknownKeys(item, ['path', 'required', 'format'], what);
  const node = item.kind === 'map' ? item.entries.get('path') : item;
  if (node === undefined) throw invalid(what, 'has no path', item);
  const name = textIn(node, what);
  const format = entryOf(item, 'format');
  const formatName = format === undefined ? 'default' : textIn(format, `${what}.format`);
  if (formatName !== 'default' && formatName !== 'raw')
    throw invalid(
      `${what}.format`,
      `cannot be ${formatName.slice(0, 60)}`,
      item,
      'Leave it out, or write raw.',
    );
  const required =
    item.kind !== 'map' || member(item, 'required') === undefined || flagOf(item, 'required', what);
  return { path: pathIn(node.file, name), name, required, format: formatName } as const;
}
