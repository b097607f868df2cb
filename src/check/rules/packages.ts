import type { Rule } from '../rule.ts';
import { unpinnedPackages } from './subjects.ts';

export const apkVersion: Rule = {
  id: 'apk-version',
  title: 'Alpine packages without a version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build installs what the repository holds that day; it keeps no old versions.',
  advice: 'Let `holdfast lock` record them; it keeps the files that the repository will delete.',
  bad: 'FROM alpine:3.20\nRUN apk add --no-cache curl\n',
  good: 'FROM alpine:3.20\nRUN apk add --no-cache curl=8.9.1-r1\n',
  notes: 'A fuzzy version (`curl~8.9`) still moves and is found, where hadolint takes it.',
  peers: { hadolint: ['DL3018'], kics: ['Unpinned Package Version in Apk Add'] },
  find: unpinnedPackages('apk', names => `apk installs whatever version the repository holds: ${names}`),
};

export const rpmVersion: Rule = {
  id: 'rpm-version',
  title: 'RPM packages without a version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build installs what the repositories hold that day, dependencies included.',
  advice: 'Let `holdfast lock` record them, or name version and release.',
  bad: 'FROM fedora:41\nRUN dnf install -y httpd\n',
  good: 'FROM fedora:41\nRUN dnf install -y httpd-2.4.62-2.fc41\n',
  peers: {
    hadolint: ['DL3033', 'DL3037', 'DL3041'],
    kics: [
      'Missing Version Specification In dnf install',
      'Yum install Without Version',
      'Zypper Install Without Version',
    ],
  },
  find: unpinnedPackages(
    'rpm',
    (names, tool) => `${tool} installs whatever version the repositories hold: ${names}`,
  ),
};

export const pipVersion: Rule = {
  id: 'pip-version',
  title: 'Python packages without an exact version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build installs the newest release that fits, and whatever that depends on.',
  advice: 'Let `holdfast lock` record what pip chooses, or install from a requirements file with hashes.',
  bad: 'FROM python:3.13-slim\nRUN pip install flask\n',
  good: 'FROM python:3.13-slim\nRUN pip install flask==3.1.0\n',
  notes:
    'A range (`flask>=3`) is found, where hadolint takes it. A constraints file (`-c`) counts as a version; what a requirements file asks for is `pip-hashes`.',
  peers: {
    hadolint: ['DL3013'],
    kics: ['Unpinned Package Version in Pip Install'],
    scorecard: ['pipCommand'],
  },
  find: unpinnedPackages('pypi', (names, tool) => `${tool} installs whatever release fits: ${names}`),
};

export const condaVersion: Rule = {
  id: 'conda-version',
  title: 'conda packages without an exact version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build solves anew over what the channels hold that day.',
  advice: 'Install from a lock of exact builds: `conda list --explicit --md5`, or conda-lock.',
  bad: 'FROM condaforge/miniforge3:24.9.2-0\nRUN conda install -y numpy\n',
  good: 'FROM condaforge/miniforge3:24.9.2-0\nRUN conda install -y numpy=2.1.3=py312h58c1407_0\n',
  peers: {},
  find: unpinnedPackages('conda', (names, tool) => `${tool} installs whatever build fits: ${names}`),
};

export const npmVersion: Rule = {
  id: 'npm-version',
  title: 'npm packages without an exact version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build installs the newest release of the package and of all that it depends on.',
  advice: 'Let `holdfast lock` record them, or make them dependencies of a project with a lock file.',
  bad: 'FROM node:22-slim\nRUN npm install -g typescript\n',
  good: 'FROM node:22-slim\nRUN npm install -g typescript@5.6.3\n',
  notes: 'npm, yarn, pnpm, bun and their runners. `npm i` and `npm add` are `npm install`.',
  peers: {
    hadolint: ['DL3016'],
    kics: ['NPM Install Command Without Pinned Version'],
    scorecard: ['npmCommand'],
  },
  find: unpinnedPackages('npm', (names, tool) => `${tool} installs whatever release is newest: ${names}`),
};

export const gemVersion: Rule = {
  id: 'gem-version',
  title: 'gems without an exact version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build installs the newest release of the gem and of all that it depends on.',
  advice: 'Name a version (`gem install bundler:2.5.23`), and let `holdfast lock` record the rest.',
  bad: 'FROM ruby:3.3-slim\nRUN gem install bundler\n',
  good: 'FROM ruby:3.3-slim\nRUN gem install bundler:2.5.23\n',
  peers: { hadolint: ['DL3028'], kics: ['Gem Install Without Version'] },
  find: unpinnedPackages('gem', names => `gem installs whatever release is newest: ${names}`),
};

export const goVersion: Rule = {
  id: 'go-version',
  title: 'Go programs without a version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: '`@latest`, a branch or no version is whatever was pushed last.',
  advice: 'Name a version: the checksum database then holds its content fast.',
  bad: 'FROM golang:1.23\nRUN go install golang.org/x/tools/gopls@latest\n',
  good: 'FROM golang:1.23\nRUN go install golang.org/x/tools/gopls@v0.16.2\n',
  peers: { hadolint: ['DL3062'], scorecard: ['goCommand'] },
  find: unpinnedPackages('go', names => `go takes whatever version is newest: ${names}`),
};

export const cargoVersion: Rule = {
  id: 'cargo-version',
  title: 'crates or toolchains without an exact version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: '`cargo install NAME` is the newest release, and `stable` is another compiler every six weeks.',
  advice: 'Name a version: `cargo install ripgrep@14.1.1 --locked`, `rustup toolchain install 1.82.0`.',
  bad: 'FROM rust:1.82\nRUN cargo install --locked ripgrep\n',
  good: 'FROM rust:1.82\nRUN cargo install --locked ripgrep@14.1.1\n',
  peers: {},
  find: unpinnedPackages('cargo', (names, tool) => `${tool} installs whatever is newest: ${names}`),
};

export const composerVersion: Rule = {
  id: 'composer-version',
  title: 'PHP packages without an exact version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build installs the newest release that fits.',
  advice:
    'Commit composer.lock and run `composer install`; for pecl, name the version: `pecl install redis-6.1.0`.',
  bad: 'FROM php:8.3-cli\nRUN pecl install redis\n',
  good: 'FROM php:8.3-cli\nRUN pecl install redis-6.1.0\n',
  peers: {},
  find: unpinnedPackages('composer', (names, tool) => `${tool} installs whatever release fits: ${names}`),
};

export const nugetVersion: Rule = {
  id: 'nuget-version',
  title: '.NET, PowerShell or Chocolatey packages without an exact version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build installs the newest release.',
  advice: 'Name the version: `dotnet tool install dotnet-ef --version 9.0.0`.',
  bad: 'FROM mcr.microsoft.com/dotnet/sdk:9.0\nRUN dotnet tool install --global dotnet-ef\n',
  good: 'FROM mcr.microsoft.com/dotnet/sdk:9.0\nRUN dotnet tool install --global dotnet-ef --version 9.0.0\n',
  peers: { scorecard: ['nugetCommand', 'chocoCommand'] },
  *find(file, context) {
    for (const ecosystem of ['nuget', 'choco'] as const)
      yield* unpinnedPackages(
        ecosystem,
        (names, tool) => `${tool} installs whatever release is newest: ${names}`,
      )(file, context);
  },
};

export const cpanVersion: Rule = {
  id: 'cpan-version',
  title: 'Perl modules without an exact version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build installs the newest release, and whatever that depends on.',
  advice: 'Name the version (`cpanm Moo@2.005005`), and let `holdfast lock` record the rest.',
  bad: 'FROM perl:5.40-slim\nRUN cpanm Moo\n',
  good: 'FROM perl:5.40-slim\nRUN cpanm Moo@2.005005\n',
  peers: {},
  find: unpinnedPackages('cpan', (names, tool) => `${tool} installs whatever release is newest: ${names}`),
};

export const cranVersion: Rule = {
  id: 'cran-version',
  title: 'R packages of a repository that moves',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'install.packages takes the newest release, and whatever that depends on.',
  advice: 'Install from a repository of one date, or restore a lock with renv.',
  bad: 'FROM r-base:4.4.2\nRUN R -e \'install.packages("dplyr")\'\n',
  good: 'FROM r-base:4.4.2\nRUN R -e \'install.packages("dplyr", repos = "https://cran.example.org/2026-11-01")\'\n',
  peers: {},
  find: unpinnedPackages('cran', (names, tool) => `${tool} installs whatever release is newest: ${names}`),
};

export const otherVersion: Rule = {
  id: 'other-version',
  title: 'packages of other tools without an exact version',
  severity: 'warning',
  profiles: ['reproducible'],
  reason: 'Each build installs the newest release, or the newest that fits.',
  advice: 'Name the version in full, as the tool takes it, and let `holdfast lock` record the rest.',
  bad: 'FROM debian:bookworm\nRUN luarocks install luasocket\n',
  good: 'FROM debian:bookworm\nRUN luarocks install luasocket 3.1.0-1\n',
  notes:
    'luarocks, opam, cabal, mix, helm, ansible-galaxy, pacman, emerge, tlmgr, and the managers of tools and runtimes: brew, sdkman, asdf, mise, nvm, fnm, pyenv, rbenv, volta. Some of them have no way to name a version: there `holdfast lock` is the answer.',
  peers: {},
  find: unpinnedPackages('other', (names, tool) => `${tool} installs whatever release is newest: ${names}`),
};
