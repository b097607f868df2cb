export interface StartTag {
  /** In lower case. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const attribute = /[\s/]*([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/y;

/**
 * The start tags of the given names, in one pass over whatever text: tags in comments are none (WHATWG HTML, 13.2.5,
 * as far as index pages need it).
 */
export function startTags(html: string, names: readonly string[]): StartTag[] {
  const found: StartTag[] = [];
  for (let at = html.indexOf('<'); at !== -1; at = html.indexOf('<', at)) {
    if (html.startsWith('<!--', at)) {
      const end = html.indexOf('-->', at + 4);
      if (end === -1) return found;
      at = end;
      continue;
    }
    const name = /^[a-z]+(?=[\s/>])/i.exec(html.slice(at + 1, at + 20))?.[0].toLowerCase();
    if (name === undefined || !names.includes(name)) {
      at++;
      continue;
    }
    const { attributes, end } = attributesAt(html, at + 1 + name.length);
    found.push({ name, attributes });
    at = end;
  }
  return found;
}

function attributesAt(html: string, start: number): { attributes: Map<string, string>; end: number } {
  const attributes = new Map<string, string>();
  attribute.lastIndex = start;
  let end = start;
  for (let match = attribute.exec(html); match !== null; match = attribute.exec(html)) {
    const [, name = '', double, single, bare] = match;
    // Of two attributes of one name the first one holds.
    if (!attributes.has(name.toLowerCase()))
      attributes.set(name.toLowerCase(), unescaped(double ?? single ?? bare ?? ''));
    end = attribute.lastIndex;
  }
  return { attributes, end };
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The character references that stand in attributes of index pages. */
function unescaped(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[String(name).toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
  });
}

/** Text as it may stand in an attribute or between tags. */
export function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, character => names[character] ?? character);
}
