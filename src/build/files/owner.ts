import { HoldfastError } from '../../core/index.ts';
import { lookUpGroup, lookUpUser } from '../../sandbox/index.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const root: Owner = { uid: 0, gid: 0 };

/**
 * Who owns what COPY, ADD and WORKDIR make for `user[:group]`, by name or number, looked up in the image that is
 * changed. As in BuildKit a number alone is its own group, and what the image has no name for is root's.
 * @param note is told of such a name
 */
export function ownerOf(view: string, text: string, note: (text: string) => void): Owner {
  const [user = '', group = ''] = text.split(':', 2);
  const isNumber = /^\d+$/.test(user);
  const { uid, gid } = known(() => lookUpUser(view, user), root, note);
  if (group !== '') return { uid, gid: known(() => lookUpGroup(view, group), isNumber ? uid : gid, note) };
  return { uid, gid: isNumber ? uid : gid };
}

function known<Found>(look: () => Found, otherwise: Found, note: (text: string) => void): Found {
  try {
    return look();
  } catch (error) {
    const isUnknown = error instanceof HoldfastError && /^SANDBOX_(USER|GROUP)_UNKNOWN$/.test(error.code);
    if (!isUnknown) throw error;
    note(`${error.message}: what it would own is root's, as in BuildKit`);
    return otherwise;
  }
}
