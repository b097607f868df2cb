import type { ExactForm } from '../requests/exact-form.ts';

/** `name-[epoch:]version-release[.architecture]`; zypper's is `name=version-release`. */
export const rpmExact: ExactForm = {
  isOf: ({ name }, one) => one.name === name || `${one.name}.${one.architecture ?? ''}` === name,
  exact(item, { name, version }, { tool }) {
    const architecture = item.name.slice(name.length);
    return tool === 'zypper' ? `${item.name}=${version}` : `${name}-${version}${architecture}`;
  },
};
