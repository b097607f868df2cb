import { expect, it } from 'vitest';
import { takesFile } from './taken-files.ts';

it.each<[step: string, taken: boolean]>([
  ['COPY . .', true],
  ['COPY ./ /app/', true],
  ['ADD deploy /', true],
  ['COPY deploy/Docker* /', true],
  ['COPY dep* /', true],
  ['ARG D=deploy\nCOPY $D /', true],
  ['RUN --mount=type=bind,target=/x ls', true],
  ['RUN --mount=source=deploy,target=/x ls', true],
  ['ONBUILD COPY . .', false],
  ['COPY deploy/other src /', false],
  ['COPY * /', true],
  ['COPY *.txt /', false],
  ['COPY --exclude=deploy . .', false],
  ['COPY --exclude=*.txt . .', true],
  ['COPY --from=alpine . .', false],
  ['ADD https://x.test/deploy /', false],
  ['RUN --mount=type=bind,from=alpine,target=/x ls', false],
  ['RUN --mount=type=cache,target=/deploy ls', false],
  ['RUN --mount=source=src,target=/x ls', false],
  ['COPY $UNKNOWN /', false],
])('%s', (step, taken) => {
  expect(takesFile(`FROM scratch\n${step}\n`, 'Dockerfile', 'deploy/Dockerfile.pinned')).toBe(taken);
});
