/** `Dist-Name-1.23`: a version has no dash in it, but for the word that says it is on trial. */
export function distributionNamed(stem: string): { name: string; version: string } | undefined {
  const match = /^(\w[\w.+-]*)-(v?\d[\w.]*(?:-TRIAL\d*)?)$/.exec(stem.length > 255 ? '' : stem);
  const [, name, version] = match ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}
