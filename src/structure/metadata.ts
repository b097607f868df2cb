import { variablesOf } from '../build/index.ts';
import type { ImageConfig } from '../image/index.ts';
import { expression, type MetadataTest } from './suite.ts';

/** The image's configuration beside what is expected of it. */
export function metadataProblems(test: MetadataTest, { config = {} }: ImageConfig): string[] {
  const variables = variablesOf(config.Env ?? []);
  const ports = keysOf(config.ExposedPorts);
  const volumes = keysOf(config.Volumes);
  return [
    ...valueProblems('variable', test.envVars, variables),
    ...test.unboundEnvVars
      .filter(({ key }) => variables[key] !== undefined)
      .map(({ key }) => `the variable ${key} is set`),
    ...valueProblems('label', test.labels, config.Labels ?? {}),
    ...test.exposedPorts.filter(port => !hasPort(ports, port)).map(port => `the port ${port} is not exposed`),
    ...test.unexposedPorts.filter(port => hasPort(ports, port)).map(port => `the port ${port} is exposed`),
    ...test.volumes.filter(path => !volumes.has(path)).map(path => `${path} is no volume`),
    ...test.unmountedVolumes.filter(path => volumes.has(path)).map(path => `${path} is a volume`),
    ...listProblems('entrypoint', test.entrypoint, config.Entrypoint ?? []),
    ...listProblems('cmd', test.cmd, config.Cmd ?? []),
    ...textProblems('working directory', test.workdir, config.WorkingDir ?? ''),
    ...textProblems('user', test.user, config.User ?? ''),
  ];
}

const keysOf = (members: object | null | undefined): ReadonlySet<string> =>
  new Set(Object.keys(members ?? {}));

/** `80` is `80/tcp`. */
function hasPort(ports: ReadonlySet<string>, port: string): boolean {
  return ports.has(port) || ports.has(`${port}/tcp`);
}

function valueProblems(
  what: string,
  expected: MetadataTest['envVars'],
  found: Readonly<Record<string, string>>,
): string[] {
  return expected.flatMap(({ key, value, isRegex }) => {
    const text = found[key];
    if (text === undefined) return [`there is no ${what} ${key}`];
    const isSame = isRegex ? expression(value, key).test(text) : text === value;
    return isSame ? [] : [`the ${what} ${key} is ${JSON.stringify(text)}, not ${JSON.stringify(value)}`];
  });
}

function listProblems(
  what: string,
  expected: readonly string[] | undefined,
  found: readonly string[],
): string[] {
  const same =
    expected === undefined ||
    (expected.length === found.length && expected.every((text, n) => text === found[n]));
  return same ? [] : [`the ${what} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`];
}

function textProblems(what: string, expected: string | undefined, found: string): string[] {
  return expected === undefined || expected === found
    ? []
    : [`the ${what} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`];
}
