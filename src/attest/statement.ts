import type { Digest, Json } from '../core/index.ts';
import { hexOf } from '../core/index.ts';

/** in-toto Statement v1: a claim about an image. */
export interface Statement {
  readonly predicateType: string;
  readonly document: Json;
}

/** @param name of the image, as a package URL; `_` where it has none, as BuildKit writes it. */
export function statement(
  name: string | undefined,
  image: Digest,
  predicateType: string,
  predicate: Json,
): Statement {
  const document = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: name ?? '_', digest: { sha256: hexOf(image) } }],
    predicateType,
    predicate,
  };
  return { predicateType, document };
}
