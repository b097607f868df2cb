import type { Dockerfile } from '../dockerfile/index.ts';
import type { Ecosystem } from '../kinds/requests/index.ts';
import { analyse } from './analysis.ts';

/** Of which ecosystems a step brings everything that is installed to what is newest, as `apt-get upgrade` does. */
export function upgradedIn(dockerfile: Dockerfile): ReadonlySet<Ecosystem> {
  const upgrades = analyse(dockerfile).requests.filter(({ action }) => action === 'upgrade');
  return new Set(upgrades.map(({ ecosystem }) => ecosystem));
}
