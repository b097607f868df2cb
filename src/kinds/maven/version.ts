import { compareDigits, compareText } from '../order.ts';

/** Maven's ComparableVersion: numbers, qualifiers, and lists of these that a dash or a change of sort begins. */
type Item =
  | { readonly is: 'number'; readonly digits: string }
  | { readonly is: 'qualifier'; readonly text: string }
  | { readonly is: 'list'; readonly items: Item[] };

const qualifiers = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const aliases: Readonly<Record<string, string>> = { ga: '', final: '', release: '', cr: 'rc' };
const shortForms: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' };

export function isPrerelease(version: string): boolean {
  return /(?:^|[.\-_\d])(?:alpha|beta|milestone|rc|cr|snapshot|[abm](?=\d))(?:[.\-_\d]|$)/i.test(version);
}

export function compareVersions(a: string, b: string): number {
  return compareItems(parsed(a), parsed(b));
}

function parsed(version: string): Item {
  const text = version.toLowerCase().slice(0, 512);
  const root: Item[] = [];
  const lists = [root];
  let list = root;
  const deeper = () => {
    const items: Item[] = [];
    list.push({ is: 'list', items });
    lists.push(items);
    list = items;
  };
  const runs = text.match(/\d+|[^\d.-]+|[.-]/g) ?? [];
  let previous = '.';
  for (const [n, run] of runs.entries()) {
    if (run === '.' || run === '-') {
      if (previous === '.' || previous === '-') list.push({ is: 'number', digits: '0' });
      if (run === '-') deeper();
    } else {
      // A qualifier at the end is what it would be behind a dash.
      const isLast = n === runs.length - 1 && !/^\d/.test(run) && list.length > 0;
      if ((previous !== '.' && previous !== '-') || isLast) deeper();
      list.push(itemOf(run, /^\d/.test(runs[n + 1] ?? '')));
    }
    previous = run;
  }
  for (const items of lists.toReversed()) normalise(items);
  return { is: 'list', items: root };
}

function itemOf(run: string, beforeDigit: boolean): Item {
  if (/^\d/.test(run)) return { is: 'number', digits: run };
  const long = beforeDigit ? (shortForms[run] ?? run) : run;
  return { is: 'qualifier', text: aliases[long] ?? long };
}

/** What says nothing at the end is dropped, up to the first list that says something. */
function normalise(items: Item[]): void {
  for (let n = items.length - 1; n >= 0; n--) {
    const item = items[n];
    if (item !== undefined && isNothing(item)) items.splice(n, 1);
    else if (item?.is !== 'list') break;
  }
}

function isNothing(item: Item): boolean {
  switch (item.is) {
    case 'number':
      return /^0+$/.test(item.digits);
    case 'qualifier':
      return item.text === '';
    case 'list':
      return item.items.length === 0;
  }
}

/** A list stands between a qualifier and a number. */
const sorts = ['qualifier', 'list', 'number'];

function compareItems(a: Item | undefined, b: Item | undefined): number {
  if (a === undefined || b === undefined)
    return a === undefined ? (b === undefined ? 0 : -compareToNothing(b)) : compareToNothing(a);
  if (a.is === 'number' && b.is === 'number') return compareDigits(a.digits, b.digits);
  if (a.is === 'qualifier' && b.is === 'qualifier') return compareQualifiers(a.text, b.text);
  if (a.is === 'list' && b.is === 'list') {
    for (let n = 0; n < Math.max(a.items.length, b.items.length); n++) {
      const difference = compareItems(a.items[n], b.items[n]);
      if (difference !== 0) return difference;
    }
    return 0;
  }
  return sorts.indexOf(a.is) - sorts.indexOf(b.is);
}

function compareToNothing(item: Item): number {
  switch (item.is) {
    case 'number':
      return isNothing(item) ? 0 : 1;
    case 'qualifier':
      return compareQualifiers(item.text, '');
    case 'list':
      return item.items[0] === undefined ? 0 : compareToNothing(item.items[0]);
  }
}

function compareQualifiers(a: string, b: string): number {
  const [left, right] = [a, b].map(text => qualifiers.indexOf(text));
  if (left === undefined || right === undefined || (left < 0 && right < 0)) return compareText(a, b);
  if (left < 0) return 1;
  return right < 0 ? -1 : left - right;
}
