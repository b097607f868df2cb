import { variablesOf, type RunnableImage } from '../build/index.ts';
import { counted } from '../core/index.ts';
import { shellCommand, shellQuoted } from '../sandbox/index.ts';
import { unlike } from './expectation.ts';
import type { ServiceTest, Suite } from './suite.ts';

/** What the script below ends with where no probe did. */
const ended = 121;
const timedOut = 122;
const noClient = 123;

/**
 * Starts what the image serves and asks it until it is well: in one container, whose network is a loopback and nothing
 * else. Both run by the image's own shell.
 */
export async function serviceProblems(
  test: ServiceTest,
  { globalEnvVars, containerRunOptions }: Suite,
  image: RunnableImage,
): Promise<string[]> {
  const { Entrypoint, Cmd, Healthcheck } = image.config.config ?? {};
  const service = test.command ?? [...(Entrypoint ?? []), ...(test.args ?? Cmd ?? [])];
  if (service.length === 0) return ['the image has neither entrypoint nor command: name one with "command"'];
  const probe = probeOf(test, Healthcheck?.Test ?? []);
  if (probe === undefined) return ['the image has no HEALTHCHECK: give "probe" or "http"'];
  const given = [...globalEnvVars, ...test.envVars].map(({ key, value }) => [key, value] as const);
  const env = { ...variablesOf(containerRunOptions?.envVars ?? []), ...Object.fromEntries(given) };
  const script = `${clientFunction}
${shellCommand(...service)} >&2 &
service=$!
left=${test.timeout}
while [ "$left" -gt 0 ]; do
  ${probe} && exit 0
  code=$?
  if [ "$code" -eq ${noClient} ]; then exit ${noClient}; fi
  if ! kill -0 "$service" 2>/dev/null; then wait "$service"; echo "it ended with $?" >&2; exit ${ended}; fi
  sleep 1
  left=$((left - 1))
done
echo "$code"
exit ${timedOut}
`;
  const user = containerRunOptions?.user;
  const [result] = await image.run([{ argv: ['/bin/sh', '-c', script], env, user, mayFail: true }]);
  if (result === undefined) return ['it was not run'];
  const said = lastLine(result.stderr);
  switch (result.exitCode) {
    case 0:
      return unlike('answer', result.stdout, test.http?.expectedBody ?? [], []);
    case ended:
      return [`the service ended before it was well: ${said}`];
    case timedOut:
      return [
        `the service was not well within ${counted(test.timeout, 'second')}: the check gives ${lastLine(result.stdout)}${said === '' ? '' : `, and the last that was said is: ${said}`}`,
      ];
    case noClient:
      return ['the image has neither curl nor wget to ask with: give a "probe"'];
    default:
      return [`the image has no shell to start it by, or it failed (${result.exitCode}): ${said}`];
  }
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

/** A shell's command: what it says on its output when the service is well, is the answer. */
function probeOf({ probe, http }: ServiceTest, healthcheck: readonly string[]): string | undefined {
  if (http !== undefined) return `ask ${shellQuoted(`http://127.0.0.1:${http.port}${http.path}`)}`;
  if (probe !== undefined) return shellCommand(...probe);
  const [kind, ...rest] = healthcheck;
  if (kind === 'CMD') return shellCommand(...rest);
  return kind === 'CMD-SHELL' ? `/bin/sh -c ${shellQuoted(rest.join(' '))}` : undefined;
}

/** The answer to a GET whose status is one of success; BusyBox's wget knows no more than this. */
const clientFunction = `ask() {
  if command -v curl >/dev/null; then curl -fsS "$1"
  elif command -v wget >/dev/null; then wget -q -O - "$1"
  else return ${noClient}; fi
}`;
