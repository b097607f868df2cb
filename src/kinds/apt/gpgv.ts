import type { StepFile } from '../kind.ts';

/**
 * What apt verifies signatures with, in place of gpgv itself, so that the expiry of a key spoils no lock: a signature by
 * a key that has expired is one by a key that is good, where it was made by `asOf` and the key expired later. All else
 * is as gpgv says, which does the verifying. (Where apt has `sqv`, as from Debian 13 on, a key need only have been good
 * when it signed.)
 * @param path absolute, inside of the step
 * @param asOf the lock's date; nothing where all that is verified is vouched for by the lock
 */
export function gpgvAsOf(path: string, asOf: Date | undefined): StepFile {
  const date = asOf === undefined ? '' : String(Math.floor(asOf.getTime() / 1000));
  return { path, mode: 0o755, content: script(date) };
}

/** GnuPG, doc/DETAILS: of a signature come NEWSIG, KEYEXPIRED and SIG_ID with dates, and EXPKEYSIG in place of GOODSIG. */
const script = (date: string) => `#!/bin/sh
as_of=${date}
for gpgv in gpgv gpgv2 gpgv1; do
  command -v "$gpgv" >/dev/null && break
done
fd= previous=
for argument; do
  [ "$previous" = --status-fd ] && fd=$argument
  previous=$argument
done
case $fd in
  '' | *[!0-9]*) exec "$gpgv" "$@" ;;
esac
exec 9>&1
status=$(eval '"$gpgv" "$@" '"$fd"'>&1 >&9 9>&-')
code=$?
exec 9>&-
was_good() {
  [ -z "$as_of" ] && return 0
  case $expired:$signed in
    :* | *: | *[!0-9:]*) return 1 ;;
  esac
  [ "$expired" -gt "$as_of" ] && [ "$signed" -le "$as_of" ]
}
expired= signed=
printf '%s\\n' "$status" | while read -r prefix keyword rest; do
  case $keyword in
    NEWSIG) expired= signed= ;;
    KEYEXPIRED) expired=$rest ;;
    SIG_ID) signed=\${rest##* } ;;
    EXPKEYSIG) was_good && keyword=GOODSIG ;;
  esac
  printf '%s\\n' "$prefix $keyword $rest"
done >&"$fd"
exit "$code"
`;
