import type { ComposeService } from '../compose/index.ts';
import { parseSuite } from '../structure/index.ts';
import type { NamedSuite } from './structure-tests.ts';

/** Longer than this nobody waits for a service that starts alone. */
const mostSeconds = 600;

/**
 * A service's health check as a test: the container is started as the compose file says, alone and without a network.
 * Nothing where the compose file gives none, or where the service has keys by which it needs more.
 */
export function healthSuite(service: ComposeService): NamedSuite | undefined {
  const { entrypoint, command, user, health, needs } = service.run();
  if (health === undefined || needs.length > 0) return undefined;
  const [kind, ...words] = health.test;
  const probe = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', words.join(' ')] : words;
  const started =
    entrypoint === undefined ? { args: command } : { command: [...entrypoint, ...(command ?? [])] };
  const test = {
    name: `healthcheck of ${service.name}`,
    envVars: Array.from(service.environment(), ([key, value]) => ({ key, value })),
    ...started,
    probe,
    timeout: Math.max(1, Math.min(mostSeconds, Math.ceil(health.seconds))),
  };
  const name = service.where.file;
  const suite = { schemaVersion: '2.0.0', containerRunOptions: { user }, serviceTests: [test] };
  return { name, suite: parseSuite(JSON.stringify(suite), name) };
}

/** Why a service's health check is no test here; nothing where it is one, or where there is none. */
export function healthNote(service: ComposeService): string | undefined {
  const { health, needs } = service.run();
  if (health === undefined || needs.length === 0) return undefined;
  return `${service.name}: its health check is left out, since the service has ${needs.join(', ')}, which a container alone lacks`;
}
