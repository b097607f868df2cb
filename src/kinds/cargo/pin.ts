import type { ExactForm } from '../requests/exact-form.ts';

/** `name@version` for `cargo install`; for `cargo add`, where that is a range, `name@=version`. */
export const cargoExact: ExactForm = {
  isOf: ({ name }, one) => one.name === name,
  exact(_item, { name, version }, { at, invocation }) {
    const isForAll = invocation.args.some(({ text }) => /^--vers(ion)?(=.*)?$/.test(text));
    if (isForAll) return undefined;
    return at.text === 'add' ? `${name}@=${version}` : `${name}@${version}`;
  },
};
