import { createHash } from 'node:crypto';
import { isObject, type JsonObject } from '../../core/index.ts';
import type { MetadataUrl } from './metadata-url.ts';
import { versionsOf } from './versions.ts';

const rootMembers = ['packages', 'metadata-url', 'providers-url', 'provider-includes', 'includes'];

/** Whether a URL's content is what its shape says. An empty object of PHP's is an empty list in JSON. */
export function fits(place: MetadataUrl, document: JsonObject, body: Buffer): boolean {
  switch (place.of) {
    case 'package':
      return versionsOf(document, place.name) !== undefined;
    case 'root':
      return rootMembers.some(name => document[name] !== undefined);
    case 'part':
      return (
        hashOf(body, place.hash.length) === place.hash &&
        (isObject(document['packages']) || isObject(document['providers']))
      );
    case 'search':
      return Array.isArray(document['results']) && typeof document['total'] === 'number';
    case 'advisories':
      return typeof document['advisories'] === 'object' && document['advisories'] !== null;
  }
}

function hashOf(body: Buffer, digits: number): string {
  return createHash(digits === 40 ? 'sha1' : 'sha256')
    .update(body)
    .digest('hex');
}
