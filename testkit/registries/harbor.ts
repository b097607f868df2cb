import { basicOf, json, pullOnly, Tokens } from './bearer.ts';
import { played, type PlayedRegistry } from './played.ts';

/** Harbor: `/service/token`, robots with a dollar in their name, and an `access_token` that is there and empty. */
export async function startHarbor(password: string): Promise<PlayedRegistry> {
  const service = 'harbor-registry';
  const tokens: Tokens = new Tokens({ realm: () => `http://${registry.domain}/service/token`, service });
  const registry: PlayedRegistry = await played({
    guard: tokens,
    beside({ url, authorization }, response) {
      if (url.pathname !== '/service/token') return false;
      const scopes = url.searchParams.getAll('scope');
      // Whoever is not known gets a token, too, that opens what is public.
      const granted = basicOf(authorization) === password ? scopes : pullOnly(scopes);
      const token = tokens.issue(granted);
      json(response, { token, access_token: '', expires_in: 1800, issued_at: '2026-11-24T12:00:00Z' });
      return true;
    },
  });
  return registry;
}
