import type { KnownVariables } from '../../dockerfile/shell/index.ts';
import { type Analysis } from '../analysis.ts';
import type { Observation } from '../finding.ts';
import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

/** Variables that switch a check off, with the values that do. */
const variables: readonly {
  readonly name: RegExp;
  readonly value: RegExp;
  readonly check: 'tls' | 'signature';
}[] = [
  // Git asks whether it is set, not to what.
  { name: /^GIT_SSL_NO_VERIFY$/, value: /^/, check: 'tls' },
  { name: /^NODE_TLS_REJECT_UNAUTHORIZED$/, value: /^0$/, check: 'tls' },
  { name: /^PYTHONHTTPSVERIFY$/, value: /^0$/, check: 'tls' },
  { name: /^(PIP_TRUSTED_HOST|UV_INSECURE_HOST)$/, value: /./, check: 'tls' },
  { name: /^(npm_config_strict_ssl|NPM_CONFIG_STRICT_SSL)$/, value: /^(false|0)$/i, check: 'tls' },
  {
    name: /^(CONDA_SSL_VERIFY|BUNDLE_SSL_VERIFY_MODE|CARGO_HTTP_CHECK_REVOKE)$/,
    value: /^(false|0|no)$/i,
    check: 'tls',
  },
  { name: /^GOINSECURE$/, value: /./, check: 'tls' },
  { name: /^GOSUMDB$/, value: /^off$/i, check: 'signature' },
  { name: /^(GONOSUMDB|GONOSUMCHECK|GOFLAGS)$/, value: /^\*$|^1$|-insecure/, check: 'signature' },
];

/** Settings written to a file. */
const settings: readonly { readonly pattern: RegExp; readonly check: 'tls' | 'signature' }[] = [
  { pattern: /\[[^\]]*\b(trusted|allow-insecure)=yes\b[^\]]*\]/, check: 'signature' },
  { pattern: /^\s*(repo_|localpkg_)?gpgcheck\s*=\s*(0|no|false)/m, check: 'signature' },
  { pattern: /^\s*sslverify\s*=\s*(0|no|false)/im, check: 'tls' },
  { pattern: /^\s*strict-ssl\s*=\s*false/m, check: 'tls' },
  { pattern: /^\s*check[-_]certificate\s*=\s*off/m, check: 'tls' },
  {
    pattern: /AllowUnauthenticated\s+"?(true|1|yes)|AllowInsecureRepositories\s+"?(true|1|yes)/i,
    check: 'signature',
  },
  { pattern: /Verify-Peer\s+"?(false|0|no)/i, check: 'tls' },
];

function find(check: 'tls' | 'signature', message: (what: string) => string) {
  return function* (file: Analysis): Generator<Observation> {
    for (const request of file.requests)
      if (request.action === 'unchecked' && request.check === check)
        yield { range: request.at.word.range, message: message(shown(request.at.text)) };
    yield* inVariables(file, check, message);
    for (const { run } of file.runs)
      for (const { name, args } of run.invocations) {
        if (!/^(echo|printf|sed|tee)$/.test(name)) continue;
        for (const { text, word } of args)
          if (settings.some(setting => setting.check === check && setting.pattern.test(text)))
            yield { range: word.range, message: message(shown(text)) };
      }
  };
}

function* inVariables(
  file: Analysis,
  check: string,
  message: (what: string) => string,
): Generator<Observation> {
  const lifts = (name: string, values: Pick<KnownVariables, 'get'>) => {
    const text = values.get(name)?.text;
    return (
      text !== undefined &&
      variables.some(one => one.check === check && one.name.test(name) && one.value.test(text))
    );
  };
  for (const { steps } of file.stages)
    for (const { instruction, values, run } of steps) {
      if (instruction.keyword === 'ENV')
        for (const { name } of instruction.variables)
          if (lifts(name.text, values)) yield { range: name.range, message: message(name.text) };
      if (instruction.keyword === 'ARG')
        for (const { name, value } of instruction.args)
          if (value && lifts(name.text, values)) yield { range: name.range, message: message(name.text) };
      for (const { name, args, program, assigned } of run?.invocations ?? []) {
        for (const [variable, { origin }] of assigned)
          if (lifts(variable, assigned))
            yield { range: origin ?? program.word.range, message: message(variable) };
        if (name !== 'export') continue;
        for (const { text, word } of [program, ...args]) {
          const [variable = '', value] = text.split('=');
          if (value !== undefined && lifts(variable, new Map([[variable, { text: value }]])))
            yield { range: word.range, message: message(variable) };
        }
      }
    }
}

export const tlsOff: Rule = {
  id: 'tls-off',
  title: 'certificates that are not checked',
  severity: 'error',
  profiles: ['secure'],
  reason: 'Anybody on the way can answer in the server’s place.',
  advice:
    'Give the build the certificate that is missing (a `ca-certificates` package, or COPY and update-ca-certificates).',
  bad: 'FROM debian:bookworm\nRUN curl -k https://example.org/tool -o tool\n',
  good: 'FROM debian:bookworm\nRUN curl https://example.org/tool -o tool\n',
  peers: {
    checkov: [
      'CKV2_DOCKER_2',
      'CKV2_DOCKER_3',
      'CKV2_DOCKER_4',
      'CKV2_DOCKER_5',
      'CKV2_DOCKER_6',
      'CKV2_DOCKER_12',
      'CKV2_DOCKER_13',
      'CKV2_DOCKER_14',
      'CKV2_DOCKER_15',
      'CKV2_DOCKER_16',
    ],
  },
  find: find('tls', what => `${what} takes any certificate`),
};

export const signatureOff: Rule = {
  id: 'signature-off',
  title: 'signatures or checksums that are not checked',
  severity: 'error',
  profiles: ['secure'],
  reason: 'Packages are then whatever the mirror, or anybody on the way, says that they are.',
  advice: 'Install the key that signs the repository, and leave the check on.',
  bad: 'FROM debian:bookworm\nRUN apt-get install -y --allow-unauthenticated tool=1.2\n',
  good: 'FROM debian:bookworm\nRUN apt-get install -y tool=1.2\n',
  peers: {
    checkov: ['CKV2_DOCKER_7', 'CKV2_DOCKER_8', 'CKV2_DOCKER_9', 'CKV2_DOCKER_10', 'CKV2_DOCKER_11'],
  },
  find: find('signature', what => `${what} takes what nobody signed`),
};
