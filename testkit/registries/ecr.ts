import { basicOf } from './bearer.ts';
import { played, type PlayedRegistry } from './played.ts';
import { refuse } from './small-registry.ts';

/** Amazon's registry: Basic, a password that a credential helper makes, repositories that somebody must have made, blobs in a bucket. */
export async function startEcr(password: string, repositories: readonly string[]): Promise<PlayedRegistry> {
  return played({
    storage: true,
    repositories,
    guard: {
      admits({ authorization }, response) {
        if (basicOf(authorization) === password) return true;
        const realm = 'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/';
        response.setHeader('www-authenticate', `Basic realm="${realm}",service="ecr.amazonaws.com"`);
        refuse(response, 401, 'UNAUTHORIZED');
        return false;
      },
    },
  });
}
