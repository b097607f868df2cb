import { isOverlayXattr, type Xattrs } from '../filesystem/xattrs.ts';

/**
 * The attributes that belong into an image: the user's, file capabilities and POSIX ACLs. Labels of the machine that
 * builds (SELinux, IMA, EVM, `trusted.*`) and what overlayfs keeps for itself do not.
 */
export function layerXattrs(xattrs: Xattrs): Xattrs {
  const kept = [...xattrs].filter(([name]) => {
    const belongs = /^(?:user\.|security\.capability$|system\.posix_acl_(?:access|default)$)/.test(name);
    return belongs && !isOverlayXattr(name);
  });
  return new Map(kept);
}

export function sameXattrs(a: Xattrs, b: Xattrs): boolean {
  const [left, right] = [layerXattrs(a), layerXattrs(b)];
  return (
    left.size === right.size && [...left].every(([name, value]) => right.get(name)?.equals(value) === true)
  );
}
