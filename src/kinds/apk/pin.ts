import type { ExactForm } from '../requests/exact-form.ts';

/** `name=version[@repository]` */
export const apkExact: ExactForm = {
  isOf: ({ name }, one) => one.name === name.replace(/@.*$/, ''),
  exact({ argument }, { name, version }) {
    const [repository = ''] = /@[\w.-]+$/.exec(argument.text) ?? [];
    return `${name}=${version}${repository}`;
  },
};
