import { isObject, jsonObject, upstreamError } from '../core/index.ts';
import { kinds } from '../kinds/index.ts';
import { flawsOf, type Feed, type Statement } from './statement.ts';
import { namedIn } from './subject.ts';

interface Fix {
  readonly version: string;
  readonly ids: readonly string[];
}

/**
 * One repository of Alpine's secdb: of each package built from a name, the versions that fixed something. What is fixed
 * in version 0 never was there. It lists no flaw that is still open.
 * @throws HoldfastError ADVISORY_FEED_INVALID (exit 5)
 */
export function alpineSecdb(name: string, bytes: Buffer): Feed {
  const document = jsonObject(bytes);
  const { distroversion, packages } = document ?? {};
  if (typeof distroversion !== 'string' || !Array.isArray(packages))
    throw upstreamError('ADVISORY_FEED_INVALID', `${name} is no repository of Alpine's secdb`, {
      next: 'It is what secdb.alpinelinux.org gives at /v3.19/main.json.',
    });
  const ecosystem = `Alpine:${distroversion}`;
  const fixes = new Map(packages.flatMap(fixesOf));
  const compare = kinds.find(kind => kind.name === 'apk')?.versions?.compare ?? (() => 0);
  return {
    name,
    // It knows its own fixes; databases that copy it may lag behind.
    decidesFor: subject => namedIn(subject)?.ecosystem === ecosystem,
    statementsOn: subject => {
      const named = namedIn(subject);
      if (named?.ecosystem !== ecosystem) return [];
      return (fixes.get(named.name) ?? []).flatMap(({ version, ids }) => {
        const state: Statement['state'] =
          version === '0' ? 'not-affected' : compare(named.version, version) >= 0 ? 'fixed' : 'affected';
        return flawsOf(ids[0] ?? '', ids.slice(1)).map(flaw => ({
          feed: name,
          flaw,
          ids,
          state,
          ...(state === 'affected' && { fixedIn: version }),
          url: `https://security.alpinelinux.org/vuln/${encodeURIComponent(flaw)}`,
        }));
      });
    },
  };
}

function fixesOf(entry: unknown): [string, Fix[]][] {
  const pkg = isObject(entry) ? entry['pkg'] : undefined;
  if (!isObject(pkg) || typeof pkg['name'] !== 'string' || !isObject(pkg['secfixes'])) return [];
  const fixes = Object.entries(pkg['secfixes']).flatMap(([version, flaws]) =>
    (Array.isArray(flaws) ? flaws : []).flatMap(text =>
      // One flaw by all its names, with blanks between them.
      typeof text === 'string' ? [{ version, ids: text.trim().split(/\s+/) }] : [],
    ),
  );
  return [[pkg['name'], fixes]];
}
