import type { ExactForm } from '../requests/exact-form.ts';

/** `Module@version`, for the modules that their distribution is named after. */
export const cpanExact: ExactForm = {
  isOf: ({ name }, one) => one.name === name.replaceAll('::', '-'),
  exact: ({ name }, { version }, { tool }) =>
    tool === 'cpanm' || tool === 'cpm' ? `${name}@${version}` : undefined,
};
