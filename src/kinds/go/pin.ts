import type { ExactForm } from '../requests/exact-form.ts';

/** `package@version`, where the version is that of the module which holds the package. */
export const goExact: ExactForm = {
  // Of modules that were only looked at the lock has the go.mod and no archive.
  isOf: ({ name }, one) => `${name}/`.startsWith(`${one.name}/`) && one.url.endsWith('.zip'),
  exact: ({ name }, { version }) => `${name}@${version}`,
};
