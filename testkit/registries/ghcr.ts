import { basicOf, json, pullOnly, Tokens } from './bearer.ts';
import { played, type PlayedRegistry } from './played.ts';

/** GitHub's container registry: `/token` on its own host, uploads at a path of its own, blobs elsewhere. */
export async function startGhcr(password: string): Promise<PlayedRegistry> {
  const tokens: Tokens = new Tokens({ realm: () => `http://${registry.domain}/token`, service: 'ghcr.io' });
  const registry: PlayedRegistry = await played({
    guard: tokens,
    storage: true,
    uploadPath: '/v2/NAME/blobs/upload/ID',
    beside({ url, authorization }, response) {
      if (url.pathname !== '/token') return false;
      const login = basicOf(authorization);
      const scopes = url.searchParams.getAll('scope');
      if (login !== undefined && login !== password)
        json(response, { errors: [{ code: 'DENIED', message: 'denied' }] }, 403);
      else json(response, { token: tokens.issue(login === undefined ? pullOnly(scopes) : scopes) });
      return true;
    },
  });
  return registry;
}
