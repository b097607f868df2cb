/** The order of an object's members; members of members by the same name. `*` stands for those of a map or list. */
export interface MemberOrder {
  readonly [name: string]: MemberOrder | true;
}

/**
 * JSON without white space whose members stand in a fixed order: those that `order` names first, in its order, all
 * others after them, sorted. `undefined` members are left out. Equal values give equal bytes.
 */
export function orderedJson(value: unknown, order: MemberOrder | true = true): string {
  if (Array.isArray(value)) {
    return `[${value.map(item => orderedJson(item ?? null, memberOrder(order, '*'))).join(',')}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const present = new Map(Object.entries(value).filter(([, member]) => member !== undefined));
  const named = order === true ? [] : Object.keys(order).filter(name => present.has(name));
  const others = [...present.keys()].filter(name => !named.includes(name)).toSorted();
  const members = [...named, ...others].map(
    name => `${JSON.stringify(name)}:${orderedJson(present.get(name), memberOrder(order, name))}`,
  );
  return `{${members.join(',')}}`;
}

function memberOrder(order: MemberOrder | true, name: string): MemberOrder | true {
  if (order === true) return true;
  return (Object.hasOwn(order, name) ? order[name] : order['*']) ?? true;
}
