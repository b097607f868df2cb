import type { Digest } from '../core/index.ts';
import type { AnswerAsOf, SessionOptions } from '../gateway/index.ts';
import { keyText, kinds, type Exchange, type Kind, type Snapshots } from '../kinds/index.ts';
import type { StepRecording } from '../lock/index.ts';
import { placed } from './images.ts';
import type { Ledger } from './ledger.ts';
import { masked } from './mask.ts';
import type { Fetcher, Step } from './step.ts';

/** How the gateway answers a step, whoever asks for it: from what was recorded, else as the build's mode says. */
export function sessionOptions(
  { input: { ledger }, runtime }: Fetcher,
  step: Step,
  recorded: StepRecording | undefined,
): Omit<SessionOptions, 'clientAddress'> {
  const { snapshots } = runtime.places;
  const dateFor = ({ name }: Kind) => new Date(ledger.dateOf(name) ?? runtime.now());
  return {
    step: step.name,
    where: step.where,
    mode: ledger.mode,
    recorded: ledger.answersFor(recorded),
    vary: (_url, headers) => Object.assign({}, ...kinds.map(kind => kind.vary?.(headers))),
    canonicalBody: (url, headers, body) => firstOf(kinds, kind => kind.requestBody?.(url, headers, body)),
    refused: key => recorded?.refused?.find(one => keyText(one.key) === keyText(key))?.status,
    asOf: ledger.hasPrevious ? answersAsOf(ledger, snapshots) : undefined,
    sources: url => kinds.flatMap(kind => kind.sources?.(url, { asOf: dateFor(kind), snapshots }) ?? []),
    hide: text => masked(text, runtime.grants.secrets.hidden()),
    onExchange: event => runtime.onEvent({ type: 'step-exchange', ...event, step: step.name }),
  };
}

/** Where a lock lifted the clients' own checks of age, new answers get them here. */
export async function checkNew(
  { input: { ledger }, runtime }: Fetcher,
  exchanges: readonly Exchange[],
  { where }: Step,
) {
  if (!ledger.hasPrevious || ledger.mode === 'replay') return;
  const readBody = (digest: Digest) => runtime.store.readBytes(digest);
  for (const exchange of exchanges.filter(one => !ledger.holds(one))) {
    for (const kind of kinds) {
      try {
        const date = ledger.isExempt(kind.name, exchange.key.url) ? undefined : ledger.dateOf(kind.name);
        const asOf = date === undefined ? undefined : new Date(date);
        await kind.checkNew?.(exchange, { readBody, now: runtime.now(), asOf });
      } catch (error) {
        throw placed(error, exchange.key.url, where);
      }
    }
  }
}

function firstOf<Item, Value>(items: readonly Item[], valueOf: (item: Item) => Value | undefined) {
  for (const item of items) {
    const value = valueOf(item);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The first kind that knows the request says how upstream answered on its date; where that is now, upstream does. */
function answersAsOf(ledger: Ledger, snapshots: Snapshots): AnswerAsOf {
  return async (request, fetch) => {
    for (const kind of kinds) {
      const date = ledger.dateOf(kind.name);
      if (date === undefined || ledger.isExempt(kind.name, request.key.url)) continue;
      const answer = await kind.asOf?.(request, { asOf: new Date(date), snapshots, fetch });
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}
