/** What `make` gives, made when it is first asked for: a schema takes longer to make than most commands to use. */
export function lazy<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
