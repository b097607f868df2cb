import { type Invocation, outputFile } from '../../dockerfile/shell/index.ts';

import type { Rule } from '../rule.ts';

export const timeAndRandomness: Rule = {
  id: 'time-and-randomness',
  title: 'the clock or chance in the image',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'The layer is another one in each build, whatever was locked.',
  advice: 'Take the time from SOURCE_DATE_EPOCH, and make keys and ids when the container starts.',
  bad: 'FROM debian:bookworm\nRUN echo "built $(date)" > /etc/built\n',
  good: 'FROM debian:bookworm\nARG SOURCE_DATE_EPOCH\nRUN date -u -d "@$SOURCE_DATE_EPOCH" > /etc/built\n',
  notes:
    'A `date` whose output only reaches the log is left. Keys that are made in a build are the same in every container as well.',
  staysWithLock: true,
  peers: {},
  *find(file) {
    for (const { run } of file.runs) {
      for (const invocation of run.invocations) {
        const what = changing(invocation);
        if (what !== undefined && !isOnlyPrinted(invocation, run.invocations))
          yield { range: invocation.program.word.range, message: what };
        for (const { text, word } of invocation.args)
          if (/^\/dev\/u?random$|^\/proc\/sys\/kernel\/random\/uuid$|\$\{?RANDOM\b/.test(text))
            yield { range: word.range, message: 'this is another value in each build' };
        for (const { target } of invocation.redirects)
          if (target && /^\/dev\/u?random$/.test(target.text))
            yield { range: target.word.range, message: 'this is another value in each build' };
      }
    }
  },
};

/** `echo "$(date)"` without a file to write to ends in the log. */
function isOnlyPrinted(invocation: Invocation, all: readonly Invocation[]): boolean {
  return all.some(
    ({ name, args, redirects, substituted, outputs }) =>
      (name === 'echo' || name === 'printf') &&
      !substituted &&
      redirects.length === 0 &&
      !all.some(({ input }) => input.some(one => one.outputs === outputs)) &&
      args.some(argument => outputs(argument).includes(invocation)),
  );
}

function changing(invocation: Invocation): string | undefined {
  const { name, args, substituted } = invocation;
  const words = args.map(({ text }) => text);
  const kept = substituted || !/^(\/dev\/null)?$/.test(outputFile(invocation) ?? '');
  switch (name) {
    case 'date': {
      const given = words.some(word =>
        /^(-[a-zI]*[dr]|--date|--reference|-s|--set)|SOURCE_DATE_EPOCH/.test(word),
      );
      return kept && !given ? 'the time of the build becomes a part of it' : undefined;
    }
    case 'get-date':
      return kept ? 'the time of the build becomes a part of it' : undefined;
    case 'new-guid':
    case 'newguid':
    case 'get-random':
    case 'uuidgen':
    case 'dbus-uuidgen':
    case 'systemd-machine-id-setup':
      return `${name} gives another value in each build`;
    case 'openssl':
      return /^(rand|genrsa|genpkey|dhparam)$|^req$/.test(words[0] ?? '')
        ? 'another key or value in each build'
        : undefined;
    case 'ssh-keygen':
      return words.some(word => /^-[ltyF]/.test(word) && !word.startsWith('-t'))
        ? undefined
        : 'another key in each build';
    case 'git':
      return words.includes('describe') ? 'git describe depends on which tags a clone has' : undefined;
    default:
      return undefined;
  }
}
