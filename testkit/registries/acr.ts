import { json, Tokens } from './bearer.ts';
import { played, type PlayedRegistry } from './played.ts';

/** Azure's registry: a refresh token, posted to `/oauth2/token`, whose answer has an `access_token` and nothing else. */
export async function startAcr(refreshToken: string): Promise<PlayedRegistry> {
  const service = 'kelp.azurecr.io';
  const tokens: Tokens = new Tokens({ realm: () => `http://${registry.domain}/oauth2/token`, service });
  const registry: PlayedRegistry = await played({
    guard: tokens,
    storage: true,
    beside({ method, url, body }, response) {
      if (url.pathname !== '/oauth2/token') return false;
      const form = new URLSearchParams(body);
      const right =
        method === 'POST' &&
        form.get('grant_type') === 'refresh_token' &&
        form.get('service') === service &&
        form.get('refresh_token') === refreshToken;
      if (right) json(response, { access_token: tokens.issue((form.get('scope') ?? '').split(' ')) });
      else json(response, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }, 401);
      return true;
    },
  });
  return registry;
}
