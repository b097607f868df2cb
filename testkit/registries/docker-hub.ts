import { basicOf, json, pullOnly, Tokens } from './bearer.ts';
import { played, startTokenServer, type PlayedRegistry } from './played.ts';

/** Docker Hub: tokens from auth.docker.io, pulls without a password, blobs from a content delivery network. */
export async function startDockerHub(password: string): Promise<PlayedRegistry> {
  const service = 'registry.docker.io';
  const tokenServer = await startTokenServer(({ url, authorization }, response) => {
    const login = basicOf(authorization);
    if (url.searchParams.get('service') !== service || (login !== undefined && login !== password))
      return json(response, { details: 'incorrect username or password' }, 401);
    const scopes = url.searchParams.getAll('scope');
    const token = tokens.issue(login === undefined ? pullOnly(scopes) : scopes);
    json(response, { token, access_token: token, expires_in: 300, issued_at: '2026-11-24T12:00:00Z' });
  });
  const tokens: Tokens = new Tokens({ realm: () => `${tokenServer.origin}/token`, service });
  return played({ guard: tokens, tokenServer, storage: true });
}
