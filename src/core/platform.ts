import { arch } from 'node:os';
import { usageError } from './errors.ts';

/** OCI image-index `platform`; names are Go's GOOS and GOARCH. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

const goArchitectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  loong64: 'loong64',
  ppc64: 'ppc64le',
};

/** Spellings that containerd's platform normalisation accepts. */
const aliases: Readonly<Record<string, Pick<Platform, 'architecture' | 'variant'>>> = {
  x86_64: { architecture: 'amd64' },
  'x86-64': { architecture: 'amd64' },
  aarch64: { architecture: 'arm64' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
  i386: { architecture: '386' },
};

/** The platform that this process runs on. */
export function hostPlatform(): Platform {
  const name = arch();
  return { os: 'linux', architecture: goArchitectures[name] ?? name };
}

/**
 * Reads `os/arch[/variant]`, as Docker's `--platform` takes it.
 * @throws HoldfastError PLATFORM_INVALID (exit 2)
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/');
  const [os, architecture, variant] = parts;
  if (!os || !architecture || parts.length > 3 || !/^[a-z0-9/_.-]+$/i.test(text)) {
    throw usageError('PLATFORM_INVALID', `"${text}" is not a platform`, {
      next: 'Write it as os/architecture, for example linux/amd64 or linux/arm/v7.',
    });
  }
  const known = aliases[architecture] ?? { architecture };
  return withVariant(os, known.architecture, variant ?? known.variant);
}

function withVariant(os: string, architecture: string, variant: string | undefined): Platform {
  // arm64 is v8 unless it says otherwise (containerd platforms.Normalize).
  const plain = architecture === 'arm64' && variant === 'v8';
  return variant === undefined || plain ? { os, architecture } : { os, architecture, variant };
}

export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform;
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}
