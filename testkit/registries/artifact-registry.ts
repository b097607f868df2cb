import { basicOf, json, Tokens } from './bearer.ts';
import { played, type PlayedRegistry } from './played.ts';

/** Google's registry: `/v2/token` on its own host, which is the service as well; uploads outside of `/v2/`. */
export async function startArtifactRegistry(password: string): Promise<PlayedRegistry> {
  const tokens: Tokens = new Tokens({
    realm: () => `http://${registry.domain}/v2/token`,
    service: 'europe-docker.pkg.dev',
  });
  const registry: PlayedRegistry = await played({
    guard: tokens,
    uploadPath: '/artifacts-uploads/namespaces/project/repositories/NAME/uploads/ID',
    beside({ url, authorization }, response) {
      if (url.pathname !== '/v2/token') return false;
      if (basicOf(authorization) !== password) {
        json(response, { errors: [{ code: 'DENIED', message: 'Unauthenticated request.' }] }, 401);
        return true;
      }
      const token = tokens.issue(url.searchParams.getAll('scope'));
      json(response, { expires_in: 3600, issued_at: '2026-11-24T12:00:00.123456Z', token });
      return true;
    },
  });
  return registry;
}
