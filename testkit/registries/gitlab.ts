import { basicOf, json, Tokens } from './bearer.ts';
import { played, startTokenServer, type PlayedRegistry } from './played.ts';

/** GitLab: tokens from `/jwt/auth` of the forge, another host, with nothing said of how long they live; 403 for a wrong password. */
export async function startGitlab(password: string): Promise<PlayedRegistry> {
  const service = 'container_registry';
  const tokenServer = await startTokenServer(({ url, authorization }, response) => {
    const right = url.pathname === '/jwt/auth' && url.searchParams.get('service') === service;
    if (!right || basicOf(authorization) !== password)
      return json(response, { errors: [{ code: 'DENIED', message: 'access forbidden' }] }, 403);
    json(response, { token: tokens.issue(url.searchParams.getAll('scope')) });
  });
  const tokens: Tokens = new Tokens({ realm: () => `${tokenServer.origin}/jwt/auth`, service });
  return played({ guard: tokens, tokenServer });
}
