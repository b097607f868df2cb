/** One JSON document, or text, on stdout. */
export function printJsonOrText(options: { readonly json?: boolean }, json: object, text: string): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(json, undefined, 2)}\n` : `${text}\n`);
}
