import { apk } from './apk/index.ts';
import { apt } from './apt/index.ts';
import { cargo } from './cargo/index.ts';
import { composer } from './composer/index.ts';
import { cpan } from './cpan/index.ts';
import { gem } from './gem/index.ts';
import { git } from './git/index.ts';
import { go } from './go/index.ts';
import type { Kind } from './kind.ts';
import { maven } from './maven/index.ts';
import { npm } from './npm/index.ts';
import { pypi } from './pypi/index.ts';
import { rpm } from './rpm/index.ts';

/** All ecosystems that this program knows; an exchange that none of them claims is locked as a file. */
export const kinds: readonly Kind[] = [apt, apk, rpm, pypi, npm, go, cargo, gem, composer, maven, cpan, git];
