import { usageError, type HoldfastError } from '../core/index.ts';
import { didYouMean } from '../dockerfile/index.ts';
import type { ComposeProject } from './project.ts';
import type { ComposeService } from './service.ts';

/**
 * The services that are named, or all that `takes` says where none is, with those whose images they are built from,
 * each behind what it is built from.
 * @throws HoldfastError COMPOSE_SERVICE_UNKNOWN, COMPOSE_CYCLE (exit 2)
 */
export function selectedServices(
  project: ComposeProject,
  names: readonly string[],
  takes: (service: ComposeService) => boolean,
): ComposeService[] {
  const chosen =
    names.length > 0
      ? names.map(name => serviceNamed(project, name))
      : [...project.services.values()].filter(takes);
  const ordered = new Map<string, ComposeService>();
  const add = (service: ComposeService, above: readonly string[]): void => {
    const { name } = service;
    if (above.includes(name)) throw cycle([...above, name], service);
    if (ordered.has(name)) return;
    for (const base of basesOf(service)) add(serviceNamed(project, base, service), [...above, name]);
    ordered.set(name, service);
  };
  for (const service of chosen) add(service, []);
  return [...ordered.values()];
}

/** Whether `docker compose build` takes the service without its name. */
export function isActive({ profiles }: ComposeService, active: readonly string[]): boolean {
  return profiles.length === 0 || active.includes('*') || profiles.some(profile => active.includes(profile));
}

/** The services whose images a service's build has as contexts. */
function basesOf({ build }: ComposeService): string[] {
  const contexts = Object.values(build?.contexts ?? {});
  return contexts.flatMap(context =>
    context.startsWith('service:') ? [context.slice('service:'.length)] : [],
  );
}

function serviceNamed({ services }: ComposeProject, name: string, asker?: ComposeService): ComposeService {
  const found = services.get(name);
  if (found !== undefined) return found;
  const near = didYouMean(name, [...services.keys()]);
  throw usageError('COMPOSE_SERVICE_UNKNOWN', `there is no service ${name.slice(0, 60)}`, {
    ...(asker?.build && { where: asker.build.where }),
    next: near === undefined ? `Use one of ${[...services.keys()].join(', ')}.` : `Did you mean ${near}?`,
  });
}

function cycle(path: readonly string[], { build, where }: ComposeService): HoldfastError {
  return usageError('COMPOSE_CYCLE', `services are built from each other: ${path.join(' → ')}`, {
    where: build?.where ?? where,
    next: 'Take one of their additional_contexts out.',
  });
}
