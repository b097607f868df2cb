import type { Request } from '../../kinds/requests/index.ts';
import { type Analysis } from '../analysis.ts';
import type { Observation } from '../finding.ts';
import type { Rule } from '../rule.ts';

type InstallRequest = Extract<Request, { action: 'install' }>;

/** At most this much of a name that a user wrote is repeated in a message. */
export function shown(text: string): string {
  const line = text.replaceAll(/[\u0000-\u001f\u007f]/g, ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** One observation for each command, since its packages are mended together: it points at the first of them. */
export function unpinnedPackages(
  ecosystem: InstallRequest['ecosystem'],
  message: (names: string, tool: string) => string,
  except: (request: InstallRequest) => boolean = () => false,
): Rule['find'] {
  return function* (file: Analysis) {
    for (const request of file.requests) {
      if (request.action !== 'install' || request.ecosystem !== ecosystem) continue;
      if (request.constrained || except(request)) continue;
      const loose = request.items.filter(({ firmness }) => firmness === 'none' || firmness === 'range');
      const [first] = loose;
      if (first === undefined) continue;
      yield {
        range: first.argument.word.range,
        message: message(listed(loose.map(({ name }) => name)), request.tool),
        ...(first.argument.origin && {
          related: [{ range: first.argument.origin, message: 'the value is written here' }],
        }),
      };
    }
  };
}

/** `a, b, c and 4 more` */
export function listed(names: readonly string[]): string {
  const unique = [...new Set(names)].map(shown);
  if (unique.length <= 4) return unique.join(', ');
  return `${unique.slice(0, 3).join(', ')} and ${unique.length - 3} more`;
}

/** One observation for each request of these actions. */
export function requestsOfAction<Action extends Request['action']>(
  action: Action,
  message: (request: Extract<Request, { action: Action }>) => string | undefined,
): Rule['find'] {
  return function* (file: Analysis): Generator<Observation> {
    for (const request of file.requests) {
      if (request.action !== action) continue;
      const text = message(request as Extract<Request, { action: Action }>);
      if (text !== undefined) yield { range: request.at.word.range, message: text };
    }
  };
}
