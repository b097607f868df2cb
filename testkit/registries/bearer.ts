import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { refuse, type AccessRequest, type Guard } from './small-registry.ts';

/** Tokens as the distribution project specifies them: for scopes, `repository:NAME:pull,push`. */
export class Tokens implements Guard {
  readonly #granted = new Map<string, readonly string[]>();
  readonly #challenge: { readonly realm: () => string; readonly service: string };

  constructor(challenge: { readonly realm: () => string; readonly service: string }) {
    this.#challenge = challenge;
  }

  issue(scopes: readonly string[]): string {
    const token = `token-${randomUUID()}`;
    this.#granted.set(token, scopes);
    return token;
  }

  admits({ repository, action, authorization = '' }: AccessRequest, response: ServerResponse): boolean {
    const scopes = this.#granted.get(authorization.replace(/^Bearer /, ''));
    const named = scopes?.some(scope => {
      const [type, name, actions = ''] = scope.split(':');
      return type === 'repository' && name === repository && actions.split(',').includes(action);
    });
    if (named) return true;
    const { realm, service } = this.#challenge;
    const wanted = `repository:${repository}:${action === 'push' ? 'push,pull' : 'pull'}`;
    const why = scopes === undefined ? '' : ',error="insufficient_scope"';
    response.setHeader(
      'www-authenticate',
      `Bearer realm="${realm()}",service="${service}",scope="${wanted}"${why}`,
    );
    refuse(response, 401, 'UNAUTHORIZED');
    return false;
  }
}

/** The name and password of an `Authorization: Basic`. */
export function basicOf(authorization: string | undefined): string | undefined {
  const [, encoded] = /^Basic (.+)$/.exec(authorization ?? '') ?? [];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
}

/** What somebody without a password may do. */
export function pullOnly(scopes: readonly string[]): string[] {
  return scopes.map(scope => scope.replace(/:[^:]*$/, ':pull'));
}

export function json(response: ServerResponse, value: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}
