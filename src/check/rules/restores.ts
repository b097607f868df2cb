import type { Ecosystem, RestoreRequest } from '../../kinds/requests/index.ts';
import { type Step } from '../analysis.ts';
import type { Fix } from '../finding.ts';
import type { Rule, RuleContext } from '../rule.ts';

/** Requests for a project's own dependencies that no lock is enforced for. */
function unlockedProjects(
  ecosystems: readonly Ecosystem[],
  message: (tool: string, command: string) => string,
): Rule['find'] {
  return function* (file, context) {
    for (const { run, step } of file.runs)
      for (const request of run.requests) {
        if (request.action !== 'restore' || request.locked === 'yes') continue;
        if (!ecosystems.includes(request.ecosystem) || isLockedBefore(request, step)) continue;
        const { at, tool, invocation } = request;
        const fix = fixOf(request, context);
        const command = at === invocation.program ? tool : `${tool} ${at.text}`;
        yield { range: at.word.range, message: message(tool, command), ...(fix && { fix }) };
      }
  };
}

/** Settings that enforce the lock for all commands that follow. */
function isLockedBefore({ ecosystem, tool, invocation }: RestoreRequest, { values, run }: Step): boolean {
  const on = (name: string) => /^(1|true|yes|on)$/i.test(values.get(name)?.text ?? '');
  if (ecosystem === 'gem') {
    const others = (run?.invocations ?? []).filter(other => other !== invocation);
    const configured = others.some(({ args }) => setsBundlerFrozen(args.map(({ text }) => text)));
    return configured || on('BUNDLE_FROZEN') || on('BUNDLE_DEPLOYMENT');
  }
  // Tools other than npm enforce the lock where they see that they run in CI.
  if (ecosystem === 'npm') return tool !== 'npm' && (on('CI') || on('YARN_ENABLE_IMMUTABLE_INSTALLS'));
  return ecosystem === 'pypi' && (on('PIP_REQUIRE_HASHES') || on('UV_LOCKED') || on('UV_FROZEN'));
}

function setsBundlerFrozen(words: readonly string[]): boolean {
  return words[0] === 'config' && /\b(frozen|deployment)[ =](true|1)\b/.test(words.join(' '));
}

/**
 * With the lock enforced, the tool does what it did before or fails; so the flag is added only where the lock lies
 * beside the Dockerfile.
 */
function fixOf({ remedy, at, invocation }: RestoreRequest, { hasFile }: RuleContext): Fix | undefined {
  const edit = remedy?.edit;
  if (remedy === undefined || edit === undefined || !('append' in edit) || !remedy.lockFiles.some(hasFile))
    return undefined;
  if (at === invocation.program || at.origin !== undefined || at.word.text !== at.text) return undefined;
  const { end } = at.word.range;
  return { title: `add ${edit.append}`, edits: [{ start: end, end, text: ` ${edit.append}` }] };
}

export const lockEnforced: Rule = {
  id: 'lock-enforced',
  title: 'a lock file that may be ignored',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Without the flag the tool resolves anew wherever lock and manifest differ, and says nothing.',
  advice:
    'Enforce the lock: `npm ci`, `yarn install --frozen-lockfile`, `pnpm install --frozen-lockfile`, `uv sync --locked`, `cargo build --locked`, BUNDLE_FROZEN=1, `dotnet restore --locked-mode`.',
  bad: 'FROM node:22-slim\nCOPY package.json package-lock.json ./\nRUN npm install\n',
  good: 'FROM node:22-slim\nCOPY package.json package-lock.json ./\nRUN npm ci\n',
  notes:
    '`check --fix` adds the flag where the lock file lies beside the Dockerfile: the build is then the same or stops. `npm install` is left to you, since `npm ci` also removes what lies in node_modules.',
  peers: { scorecard: ['npmCommand'] },
  find: unlockedProjects(
    ['npm', 'gem', 'cargo', 'go', 'conda', 'cpan', 'other'],
    (_tool, command) => `${command} may choose other versions than the lock file`,
  ),
};

export const pipHashes: Rule = {
  id: 'pip-hashes',
  title: 'Python requirements without hashes',
  severity: 'warning',
  profiles: ['reproducible', 'secure'],
  reason:
    'A requirements file says what is wanted; what that depends on, and which file each is, is chosen anew.',
  advice:
    'Let `holdfast lock` record what is chosen, or list everything with hashes and add --require-hashes; for uv, `uv sync --locked`.',
  bad: 'FROM python:3.13-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n',
  good: 'FROM python:3.13-slim\nCOPY requirements.txt .\nRUN pip install --require-hashes -r requirements.txt\n',
  notes: 'Also for a project of the build (`pip install .`) unless --no-deps is given.',
  peers: { scorecard: ['pipCommand'] },
  find: unlockedProjects(['pypi'], (_tool, command) => `${command} chooses versions and files anew`),
};

export const lockAbsent: Rule = {
  id: 'lock-absent',
  title: 'a tool that seldom has a lock',
  severity: 'note',
  profiles: ['reproducible'],
  reason: 'Maven, Gradle, sbt and .NET resolve ranges, snapshots and transitive versions anew.',
  advice:
    'Let `holdfast lock` record what they take; or use Gradle’s dependency locking, or `dotnet restore --locked-mode`.',
  bad: 'FROM maven:3.9-eclipse-temurin-21\nRUN mvn -B package\n',
  good: 'FROM maven:3.9-eclipse-temurin-21\nRUN mvn -o -B package\n',
  peers: {},
  find: unlockedProjects(['maven', 'nuget'], (_tool, command) => `${command} resolves its dependencies anew`),
};
