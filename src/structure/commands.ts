import { variablesOf, type RunnableImage } from '../build/index.ts';
import { unlike } from './expectation.ts';
import type { CommandTest, Suite } from './suite.ts';

/** Runs a command after its setup, in a container of its own, and compares what came of it. */
export async function commandProblems(
  test: CommandTest,
  { globalEnvVars, containerRunOptions }: Suite,
  image: RunnableImage,
): Promise<string[]> {
  const own = variablesOf(image.config.config?.Env ?? []);
  const given = [...globalEnvVars, ...test.envVars].map(
    ({ key, value }) => [key, expanded(value, own)] as const,
  );
  const env = { ...variablesOf(containerRunOptions?.envVars ?? []), ...Object.fromEntries(given) };
  const user = containerRunOptions?.user;
  const command = (argv: readonly string[], mayFail = false) => ({ argv, env, user, mayFail });
  const results = await image.run([
    ...test.setup.map(argv => command(argv)),
    command([test.command, ...test.args], true),
    ...test.teardown.map(argv => command(argv)),
  ]);
  const failedSetup = results.slice(0, test.setup.length).findIndex(({ exitCode }) => exitCode !== 0);
  if (failedSetup >= 0)
    return [
      `setup ${failedSetup + 1} ended with ${results[failedSetup]?.exitCode}: ${lastLine(results[failedSetup])}`,
    ];
  const result = results[test.setup.length];
  if (result === undefined) return ['the command was not run'];
  const { exitCode, stdout, stderr } = result;
  return [
    ...(exitCode === test.exitCode
      ? []
      : [`ended with ${exitCode}, not ${test.exitCode}: ${lastLine(result)}`]),
    ...unlike('output', stdout, test.expectedOutput, test.excludedOutput),
    ...unlike('error output', stderr, test.expectedError, test.excludedError),
    ...results
      .slice(test.setup.length + 1)
      .flatMap(({ exitCode: code }, n) => (code === 0 ? [] : [`teardown ${n + 1} ended with ${code}`])),
  ];
}

/** `$NAME` and `${NAME}`, as the image sets them. */
function expanded(value: string, variables: Readonly<Record<string, string>>): string {
  return value.replace(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (_text, braced: string | undefined, plain: string | undefined) => variables[braced ?? plain ?? ''] ?? '',
  );
}

function lastLine(result: { readonly stdout: string; readonly stderr: string } | undefined): string {
  const text = (result?.stderr.trim() || result?.stdout.trim()) ?? '';
  return text.split('\n').at(-1) ?? '';
}
