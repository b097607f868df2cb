import type { ExactForm } from '../requests/exact-form.ts';

/** `name:version`; one `--version` would be for all gems of the command. */
export const gemExact: ExactForm = {
  isOf: ({ name }, one) => one.name === name,
  exact(_item, { name, version }, { invocation }) {
    const isForAll = invocation.args.some(({ text }) => /^(-v.*|--version(=.*)?)$/.test(text));
    return isForAll ? undefined : `${name}:${version}`;
  },
};
