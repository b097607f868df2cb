import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, usage, type Command, type Usage } from './measure.ts';

const holdfast = join(import.meta.dirname, '..', 'bin', 'holdfast.js');
const files = 5_000;

/**
 * `holdfast check` on five thousand Dockerfiles and on one, from the start of the program to its end, beside two
 * linters of npm that are fetched for it. Their programs read one file at a time, so that each is called by a script that
 * reads all files in one process. They look for less; the figures say what a user waits.
 */
export function* benchCheck(place: string, runs: number): Generator<string> {
  const many = join(place, 'many');
  writeFiles(many);
  const one = join(many, 'd0', 'Dockerfile');
  const peers = installPeers(place);
  yield* compared(`check of ${files} Dockerfiles`, runs, many, peers);
  yield* compared('check of one Dockerfile', Math.max(runs, 9), one, peers);
}

function* compared(
  what: string,
  runs: number,
  path: string,
  peers: ReadonlyMap<string, string>,
): Generator<string> {
  const commands = new Map<string, Command>([
    ['holdfast', { argv: [process.execPath, holdfast, 'check', path], exits: [0, 1] }],
    ...[...peers].map(([name, script]) => [name, { argv: [process.execPath, script, path] }] as const),
  ]);
  const taken = new Map<string, Usage[]>([...commands.keys()].map(name => [name, []]));
  // In turn, so that a drift of the machine's speed meets all.
  for (let run = 0; run <= runs; run++)
    for (const [name, command] of commands) {
      const used = usage(command);
      if (run > 0) taken.get(name)?.push(used);
    }
  yield `${what}\n`;
  for (const [name, used] of taken) {
    const seconds = used.map(one => one.seconds);
    const memory = Math.max(...used.map(one => one.megabytes));
    yield `  ${name.padEnd(16)} ${median(seconds).toFixed(3)} s, at most ${memory.toFixed(0)} MB (${seconds.map(one => one.toFixed(3)).join(' ')})\n`;
  }
}

/** The peers' own installations, and for each a script that checks the files below a path. */
function installPeers(place: string): Map<string, string> {
  const directory = join(place, 'peers');
  mkdirSync(directory);
  writeFileSync(join(directory, 'package.json'), '{"private": true}');
  const install = spawnSync(
    'npm',
    ['install', '--silent', 'dockerfilelint@1.8.0', 'dockerfile-utils@0.16.3'],
    {
      cwd: directory,
    },
  );
  if (install.status !== 0) return new Map();
  const scripts = {
    dockerfilelint: "const linter = require('dockerfilelint'); check = text => linter.run(__dirname, text);",
    'dockerfile-utils': "const utils = require('dockerfile-utils'); check = text => utils.validate(text);",
  };
  return new Map(
    Object.entries(scripts).map(([name, load]) => {
      const script = join(directory, `${name}.cjs`);
      writeFileSync(script, `let check;\n${load}\n${driver}`);
      return [name, script];
    }),
  );
}

const driver = `
const fs = require('node:fs');
const path = process.argv[2];
const names = fs.statSync(path).isDirectory()
  ? fs.readdirSync(path, { recursive: true, withFileTypes: true }).filter(one => one.isFile()).map(one => one.parentPath + '/' + one.name)
  : [path];
let found = 0;
for (const name of names) { try { found += Object.keys(check(fs.readFileSync(name, 'utf8')) ?? {}).length; } catch { found++; } }
console.log(found);
`;

/** Files of the lengths and kinds that a survey of public repositories found, no two of them equal. */
function writeFiles(directory: string): void {
  for (let index = 0; index < files; index++) {
    const place = join(directory, `d${index}`);
    mkdirSync(place, { recursive: true });
    const kind = kinds[index % kinds.length] ?? apt;
    writeFileSync(join(place, 'Dockerfile'), kind(index));
  }
}

type Kind = (index: number) => string;

const apt: Kind = index => `FROM debian:bookworm
LABEL maintainer="team${index}"
ENV DEBIAN_FRONTEND=noninteractive VERSION=1.${index}
# Everything that the build needs
RUN apt-get update && apt-get install -y --no-install-recommends \\
    ca-certificates \\
    curl \\
    # for the extension
    build-essential libssl-dev lib${index}-dev \\
 && rm -rf /var/lib/apt/lists/*
RUN curl -fsSL "https://example.org/tool-\${VERSION}.tar.gz" -o /tmp/tool.tar.gz \\
 && echo "${index.toString(16).padStart(64, '0')}  /tmp/tool.tar.gz" | sha256sum -c - \\
 && tar -xzf /tmp/tool.tar.gz -C /opt
COPY . /srv/app${index}
WORKDIR /srv/app${index}
CMD ["./run.sh"]
`;

const node: Kind = index => `# syntax=docker/dockerfile:1
ARG NODE=22.${index % 20}
FROM node:\${NODE}-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci && npm install -g typescript@5.6.${index}
COPY . .
RUN npm run build${index}
FROM nginx:1.27
COPY --from=build /app/dist /usr/share/nginx/html
USER nginx
`;

const python: Kind = index => `FROM python:3.13-slim
ENV PIP_NO_CACHE_DIR=1
RUN <<EOF
set -e
pip install --upgrade pip
pip install flask==3.1.${index} requests
for extra in a b c; do
  if [ -f "requirements-$extra.txt" ]; then pip install -r "requirements-$extra.txt"; fi
done
EOF
COPY requirements.txt .
RUN pip install -r requirements.txt
CMD ["python", "-m", "app${index}"]
`;

const fuzz: Kind = index => `FROM gcr.example.org/base-builder
RUN apt-get update && apt-get install -y make autoconf automake libtool
RUN git clone --depth 1 https://git.example.org/project${index}.git project
WORKDIR project
COPY build.sh *.options $SRC/
`;

const long: Kind = index => {
  const steps = Array.from(
    { length: 12 },
    (_, step) => `RUN set -eux; \\
    savedAptMark="$(apt-mark showmanual)"; \\
    apt-get update; apt-get install -y --no-install-recommends package${step} other${step}; \\
    wget -O part.tgz "https://example.org/${index}/part-${step}.tgz"; \\
    case "$(dpkg --print-architecture)" in amd64) sum=${'a'.repeat(64)} ;; arm64) sum=${'b'.repeat(64)} ;; *) exit 1 ;; esac; \\
    echo "$sum *part.tgz" | sha256sum -c -; tar -xf part.tgz; make -j "$(nproc)"; make install`,
  );
  return `FROM alpine:3.20\n${steps.join('\n')}\nENTRYPOINT ["/usr/local/bin/app"]\n`;
};

const kinds: readonly Kind[] = [apt, fuzz, node, fuzz, python, apt, long, fuzz];
