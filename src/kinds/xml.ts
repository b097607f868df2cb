/** As much of XML 1.0 as package repositories write: no document type, hence no entities but the five and numbers. */

export interface XmlElement {
  /** As written, with its prefix. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly inside, CDATA sections too, without white space around it. */
  readonly text: string;
}

/** No file that is read here comes near; what does was made to exhaust memory. */
const deepest = 100;
const mostElements = 200_000;

/**
 * The root element; nothing where the text is not well-formed, has a document type, or is beyond all measure.
 * Takes time in proportion to the text. The caller bounds its size.
 */
export function parseXml(text: string): XmlElement | undefined {
  try {
    return new Scanner(text).document();
  } catch (error) {
    if (error instanceof NotWellFormed) return undefined;
    throw error;
  }
}

/** The first element that a path of names leads to. */
export function elementAt(root: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce((at, name) => at?.children.find(child => child.name === name), root);
}

class NotWellFormed extends Error {}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const name = /[A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*/y;
const attribute = /\s+([A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const tagEnd = /\s*(\/?)>/y;

class Scanner {
  readonly #text: string;
  readonly #open: OpenElement[] = [];
  #at: number;
  #elements = 0;
  #root: XmlElement | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.startsWith('\ufeff') ? 1 : 0;
  }

  document(): XmlElement {
    while (this.#at < this.#text.length) {
      const next = this.#text.indexOf('<', this.#at);
      const end = next < 0 ? this.#text.length : next;
      this.#characters(decoded(this.#text.slice(this.#at, end)));
      this.#at = end;
      if (next >= 0) this.#markup();
    }
    if (this.#root === undefined || this.#open.length > 0) throw new NotWellFormed();
    return this.#root;
  }

  #markup(): void {
    if (this.#passed('<!--')) this.#upTo('-->');
    else if (this.#passed('<?')) this.#upTo('?>');
    else if (this.#passed('<![CDATA[')) this.#characters(this.#upTo(']]>'), true);
    else if (this.#passed('</')) this.#endTag();
    else if (this.#passed('<')) this.#startTag();
  }

  #startTag(): void {
    // `<!DOCTYPE` ends up here, and `!` starts no name.
    const [tag] = this.#match(name);
    const attributes = this.#attributes();
    const [, selfClosing] = this.#match(tagEnd);
    const outside = this.#open.length === 0 && this.#root !== undefined;
    if (outside || this.#open.length >= deepest || ++this.#elements > mostElements) throw new NotWellFormed();
    const element: OpenElement = { name: tag, attributes, children: [], text: '' };
    if (selfClosing === '/') this.#close(element);
    else this.#open.push(element);
  }

  #attributes(): ReadonlyMap<string, string> {
    const attributes = new Map<string, string>();
    for (;;) {
      attribute.lastIndex = this.#at;
      const [whole, key, double, single] = attribute.exec(this.#text) ?? [];
      if (whole === undefined || key === undefined) return attributes;
      if (attributes.has(key)) throw new NotWellFormed();
      attributes.set(key, decoded(double ?? single ?? ''));
      this.#at += whole.length;
    }
  }

  #endTag(): void {
    const [tag] = this.#match(name);
    const [, selfClosing] = this.#match(tagEnd);
    const element = this.#open.pop();
    if (element?.name !== tag || selfClosing === '/') throw new NotWellFormed();
    this.#close(element);
  }

  #close(element: OpenElement): void {
    const closed = { ...element, text: element.text.trim() };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = closed;
    else parent.children.push(closed);
  }

  #characters(text: string, section = false): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
    else if (section || text.trim() !== '') throw new NotWellFormed();
  }

  #passed(prefix: string): boolean {
    if (!this.#text.startsWith(prefix, this.#at)) return false;
    this.#at += prefix.length;
    return true;
  }

  #upTo(mark: string): string {
    const end = this.#text.indexOf(mark, this.#at);
    if (end < 0) throw new NotWellFormed();
    const text = this.#text.slice(this.#at, end);
    this.#at = end + mark.length;
    return text;
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw new NotWellFormed();
    this.#at += match[0].length;
    return match;
  }
}

const entities: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['apos', "'"],
  ['quot', '"'],
]);

/** Decoded once: what a reference stands for is text, whatever it looks like. */
function decoded(text: string): string {
  return text.replaceAll(/&([^&;]{0,10};?)/g, (_, reference: string) => {
    const number = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));$/i.exec(reference);
    const point = number && Number.parseInt(number[1] ?? number[2] ?? '', number[1] === undefined ? 10 : 16);
    const character =
      point === null
        ? reference.endsWith(';') && entities.get(reference.slice(0, -1))
        : point > 0 && point <= 0x10ffff && String.fromCodePoint(point);
    if (typeof character !== 'string') throw new NotWellFormed();
    return character;
  });
}
