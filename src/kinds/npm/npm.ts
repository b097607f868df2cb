import type { Exchange } from '../exchange.ts';
import type { Kind, Recognised } from '../kind.ts';

/** npm/registry, docs/responses/package-metadata.md: the form that `npm install` asks for; it has no times. */
const abbreviatedType = 'application/vnd.npm.install-v1+json';

/**
 * npm registries. A packument exists in a full and an abbreviated form, chosen by `Accept`
 * (npm/registry, docs/responses/package-metadata.md); a tarball lies at `/<name>/-/<basename>-<version>.tgz`.
 */
export const npm: Kind = {
  name: 'npm',
  vary: ({ accept = '' }): Record<string, string> =>
    accept.includes(abbreviatedType) ? { accept: abbreviatedType } : {},
  recogniser: () => Promise.resolve(exchange => recogniseTarball(exchange) ?? recognisePackument(exchange)),
};

function recogniseTarball({ key }: Exchange): Recognised | undefined {
  const [left, file, ...rest] = decodeURIComponent(new URL(key.url).pathname).split('/-/');
  if (left === undefined || file === undefined || rest.length > 0 || !file.endsWith('.tgz')) return undefined;
  const [base = '', scope] = left.split('/').toReversed();
  const stem = file.slice(file.lastIndexOf('/') + 1, -'.tgz'.length);
  if (base === '' || !stem.startsWith(`${base}-`)) return undefined;
  const name = scope?.startsWith('@') === true ? `${scope}/${base}` : base;
  return { class: 'artefact', name, version: stem.slice(base.length + 1) };
}

/** The media type says so where the registry is a good one; the abbreviated form has one of its own. */
function recognisePackument({ key, responses }: Exchange): Recognised | undefined {
  const types = responses.flatMap(({ headers }) => headers.filter(([name]) => name === 'content-type'));
  const abbreviated = types.some(([, value]) => value.startsWith(abbreviatedType));
  const asked = key.vary['accept'] === abbreviatedType;
  return abbreviated || asked ? { class: 'index' } : undefined;
}
