import { usageError } from '../../core/index.ts';

/** COPY_DIGEST_NOT_KEPT (exit 2): the target would give the image another digest. */
export function digestNotKept(target: string, why: string) {
  return usageError('COPY_DIGEST_NOT_KEPT', `${target} would not keep the digest of the image: ${why}`, {
    next: 'Copy to a registry or an OCI layout, or allow another digest with --no-preserve-digests.',
  });
}
