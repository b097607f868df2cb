/** An object as JSON gives it; its members can be anything. */
export type JsonObject = Readonly<Partial<Record<string, unknown>>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Nothing where the text is not JSON, or is no object. */
export function jsonObject(body: Buffer | string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
