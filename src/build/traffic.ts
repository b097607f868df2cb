import type { Digest } from '../core/index.ts';
import type { AnswerAsOf, SessionOptions } from '../gateway/index.ts';
import { keyText, kinds, type Exchange } from '../kinds/index.ts';
import type { StepRecording } from '../lock/index.ts';
import { placed } from './images.ts';
import { masked } from './mask.ts';
import type { Fetcher, Step } from './step.ts';

/** How the gateway answers a step, whoever asks for it: from what was recorded, else as the build's mode says. */
export function sessionOptions(
  { input: { ledger }, runtime }: Fetcher,
  step: Step,
  recorded: StepRecording | undefined,
): Omit<SessionOptions, 'clientAddress'> {
  return {
    step: step.name,
    where: step.where,
    mode: ledger.mode,
    recorded: ledger.answersFor(recorded),
    vary: (_url, headers) => Object.assign({}, ...kinds.map(kind => kind.vary?.(headers))),
    canonicalBody: (url, headers, body) => firstOf(kinds, kind => kind.requestBody?.(url, headers, body)),
    refused: key => recorded?.refused?.find(one => keyText(one.key) === keyText(key))?.status,
    asOf: ledger.hasPrevious ? answersAsOf(new Date(ledger.asOf)) : undefined,
    sources: url => kinds.flatMap(kind => kind.sources?.(url, { asOf: new Date(ledger.asOf) }) ?? []),
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
  const context = {
    readBody: (digest: Digest) => runtime.store.readBytes(digest),
    now: runtime.now(),
    asOf: new Date(ledger.asOf),
  };
  for (const exchange of exchanges.filter(one => !ledger.holds(one))) {
    for (const kind of kinds) {
      try {
        await kind.checkNew?.(exchange, context);
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

/** The first kind that knows the request says how upstream answered on the lock's date. */
function answersAsOf(asOf: Date): AnswerAsOf {
  return async (request, fetch) => {
    for (const kind of kinds) {
      const answer = await kind.asOf?.(request, { asOf, fetch });
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}
