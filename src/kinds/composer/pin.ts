import type { ExactForm } from '../requests/exact-form.ts';

/** `vendor/name:version` */
export const composerExact: ExactForm = {
  isOf: ({ name }, one) => one.name.toLowerCase() === name.toLowerCase(),
  exact: ({ name }, { version }, { tool }) => (tool === 'composer' ? `${name}:${version}` : undefined),
};
