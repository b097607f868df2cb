/** A package's name without regard to case and separators (PEP 503): no spelling of it is passed over. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}
