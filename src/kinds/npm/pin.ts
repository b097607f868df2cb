import type { ExactForm } from '../requests/exact-form.ts';

/** `[@scope/]name@version` */
export const npmExact: ExactForm = {
  isOf: ({ name, argument }, one) => one.name === name && !/@npm:/.test(argument.text),
  exact: (_item, { name, version }) => `${name}@${version}`,
};
