import { isDigest } from '../core/index.ts';
import { refusal, type RegistryApi } from './api.ts';
import { mismatch } from './download.ts';
import { discard } from './http.ts';
import type { RawManifest } from './manifest.ts';
import { formatReference, type Reference } from './reference.ts';

/**
 * distribution-spec, "Pushing manifests": under the reference's tag, or under its digest where it has no tag.
 * Nothing is sent where the registry has just this under that name.
 * @throws HoldfastError REGISTRY_REFUSED, REGISTRY_DENIED (exit 5), REGISTRY_DIGEST_MISMATCH (exit 4)
 */
export async function pushManifest(
  api: RegistryApi,
  reference: Reference,
  { descriptor, bytes }: RawManifest,
): Promise<'present' | 'uploaded'> {
  const where = formatReference(reference);
  const target = `manifests/${reference.tag ?? descriptor.digest}`;
  const request = { repository: reference, target, push: true };
  const present = await api.request({
    ...request,
    method: 'HEAD',
    headers: { accept: descriptor.mediaType },
  });
  await discard(present);
  if (present.status === 200 && present.header('docker-content-digest') === descriptor.digest)
    return 'present';
  const headers = { 'content-type': descriptor.mediaType };
  const answer = await api.request({ ...request, method: 'PUT', headers, body: () => bytes });
  if (answer.status !== 201 && answer.status !== 200) throw await refusal(reference, where, answer);
  await discard(answer);
  const said = answer.header('docker-content-digest');
  if (isDigest(said) && said !== descriptor.digest) throw mismatch(where, descriptor.digest, said);
  return 'uploaded';
}
