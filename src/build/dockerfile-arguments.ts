import { formatPlatform, type Platform } from '../core/index.ts';

/**
 * Arguments that exist without an ARG (Dockerfile reference, "Predefined ARGs"): settings of a proxy, which must
 * not change what is built. They are passed to no step here, since steps talk to the gateway alone.
 */
export const predefinedArguments: ReadonlySet<string> = new Set(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap(name => [
    name,
    name.toLowerCase(),
  ]),
);

/** Automatic platform arguments (Dockerfile reference, "Automatic platform ARGs in the global scope"). */
export function platformArguments(build: Platform, target: Platform): Record<string, string> {
  return {
    BUILDPLATFORM: formatPlatform(build),
    BUILDOS: build.os,
    BUILDARCH: build.architecture,
    BUILDVARIANT: build.variant ?? '',
    TARGETPLATFORM: formatPlatform(target),
    TARGETOS: target.os,
    TARGETARCH: target.architecture,
    TARGETVARIANT: target.variant ?? '',
  };
}
