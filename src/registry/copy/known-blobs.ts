import type { Reference } from '../reference.ts';

/**
 * Which blobs the copies of one run have brought to a registry, and where: others mount them from there. A blob that
 * is on its way is waited for, not sent twice.
 */
export class KnownBlobs {
  readonly #places = new Map<string, Promise<Reference | undefined>>();

  /** Does `send`, which is told of a repository that has the blob, if one is known. */
  async sent<Outcome>(
    repository: Reference,
    digest: string,
    send: (there: Reference | undefined) => Promise<Outcome>,
  ): Promise<Outcome> {
    const key = `${repository.domain} ${digest}`;
    const before = this.#places.get(key);
    const sending = this.#after(before, send);
    // A failure is the business of whoever sends; the next one sends for itself.
    this.#places.set(
      key,
      sending.then(
        () => repository,
        () => undefined,
      ),
    );
    return sending;
  }

  async #after<Outcome>(
    before: Promise<Reference | undefined> | undefined,
    send: (there: Reference | undefined) => Promise<Outcome>,
  ): Promise<Outcome> {
    return send(await before);
  }
}
