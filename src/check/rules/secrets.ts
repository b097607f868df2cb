import type { Analysis } from '../analysis.ts';

import type { Observation } from '../finding.ts';
import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

const secretName =
  /(^|_)(passwd|password|pass|passphrase|pwd|secret|token|credentials?|api_?key|apikey|access_?key|private_?key|auth(_?token)?|secret_?key)($|_)/i;
/** What such names often stand for besides. */
const harmless =
  /(^|_)(file|path|dir|url|uri|host|port|user|username|name|id|type|expiry|ttl|length|public|policy|public_key)$/i;
const formats =
  /\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,}|glpat-[\w-]{20,}|xox[baprs]-[\w-]{10,}|sk_live_\w{20,}|npm_[A-Za-z0-9]{36})\b|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

export const secretVariable: Rule = {
  id: 'secret-variable',
  title: 'a secret in ARG or ENV',
  severity: 'error',
  profiles: ['secure'],
  reason: 'Both stay in the image: `docker history` shows them to whoever can pull it.',
  advice: 'Mount it for the step that needs it: `RUN --mount=type=secret,id=token`.',
  bad: 'FROM debian:bookworm\nARG NPM_TOKEN\n',
  good: 'FROM debian:bookworm\nRUN --mount=type=secret,id=npm,env=NPM_TOKEN ./build\n',
  notes:
    'Names tell: those that end in FILE, PATH, URL, USER and the like are left. Formats of well-known tokens are found in any value and command.',
  peers: { buildkit: ['SecretsUsedInArgOrEnv'], trivy: ['DS-0031'], semgrep: ['secret-in-build-arg'] },
  *find({ stages, dockerfile }: Analysis): Generator<Observation> {
    const args = dockerfile.metaArgs.flatMap(one => one.args);
    for (const { name } of args)
      if (isSecret(name.text))
        yield { range: name.range, message: `${name.text} stays in the image’s history` };
    for (const { steps } of stages)
      for (const { instruction, run } of steps) {
        if (instruction.keyword === 'ARG' || instruction.keyword === 'ENV') {
          const named = instruction.keyword === 'ARG' ? instruction.args : instruction.variables;
          for (const { name, value } of named) {
            // An empty value, or one that only passes another variable on, gives nothing away by itself.
            const empty = instruction.keyword === 'ENV' && /^(""|'')?$/.test(value?.text ?? '');
            if ((isSecret(name.text) && !empty && !isPlain(value?.text)) || formats.test(value?.text ?? ''))
              yield { range: name.range, message: `${shown(name.text)} stays in the image` };
          }
        }
        for (const { args: words } of run?.invocations ?? [])
          for (const { text, word } of words)
            if (formats.test(text))
              yield {
                range: word.range,
                message: 'this looks like a secret, and stays in the image’s history',
              };
      }
  },
};

/** A switch, or the name of a file. */
function isPlain(value = ''): boolean {
  return /^["']?(true|false|\d|[\w./-]+\.(sh|py|sql|txt|json|ya?ml|pem|crt|key))["']?$/i.test(value);
}

function isSecret(name: string): boolean {
  return secretName.test(name) && !harmless.test(name);
}

export const secretUrl: Rule = {
  id: 'secret-url',
  title: 'a password in a URL',
  severity: 'error',
  profiles: ['secure'],
  reason: 'It stays in the image’s history, and in the logs of every proxy on the way.',
  advice: 'Mount the credentials (`RUN --mount=type=secret`), in .netrc or in the tool’s own file.',
  bad: 'FROM debian:bookworm\nRUN curl -fsSLO https://user:hunter2@example.org/tool-1.2.tar.gz\n',
  good: 'FROM debian:bookworm\nRUN --mount=type=secret,id=netrc,target=/root/.netrc curl -n -fsSLO https://example.org/tool-1.2.tar.gz\n',
  peers: {},
  *find(file) {
    for (const request of file.requests) {
      if (request.action !== 'download' && request.action !== 'clone') continue;
      const [, user = '', password] = /^\w+:\/\/([^/@:]*)(?::([^/@]*))?@/.exec(request.url.text) ?? [];
      if (password || /^(ghp_|\$\{?\w*(token|pass|secret))/i.test(user))
        yield { range: request.url.word.range, message: 'the URL holds credentials' };
    }
    for (const { steps } of file.stages)
      for (const { instruction } of steps)
        if (instruction.keyword === 'ADD')
          for (const { text, range } of instruction.sources)
            if (/^https?:\/\/[^/@:]*:[^/@]+@/.test(text))
              yield { range, message: 'the URL holds credentials' };
  },
};
