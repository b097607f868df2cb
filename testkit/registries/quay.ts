import { basicOf, json, Tokens } from './bearer.ts';
import { played, type PlayedRegistry } from './played.ts';

/** Quay: `/v2/auth`, robots with a plus in their name, and scopes that must be of the form it knows. */
export async function startQuay(password: string): Promise<PlayedRegistry> {
  const tokens: Tokens = new Tokens({ realm: () => `http://${registry.domain}/v2/auth`, service: 'quay.io' });
  const registry: PlayedRegistry = await played({
    guard: tokens,
    storage: true,
    beside({ url, authorization }, response) {
      if (url.pathname !== '/v2/auth') return false;
      const scopes = url.searchParams.getAll('scope');
      if (
        !scopes.every(scope =>
          /^repository:[a-z0-9._/-]+:(?:pull|push|\*)(?:,(?:pull|push|\*))*$/.test(scope),
        )
      )
        json(response, { error: 'Unable to decode repository and actions' }, 400);
      else if (basicOf(authorization) !== password)
        json(response, { error: 'Could not find robot with specified username' }, 401);
      else json(response, { token: tokens.issue(scopes) });
      return true;
    },
  });
  return registry;
}
