import type { SecureUrls } from './servers.ts';

/** A program that downloads, and the command by which it gets `hello` over TLS and says so. */
export interface Client {
  readonly name: string;
  readonly command: (urls: SecureUrls) => string;
}

/** Everything here ends with failure where the client did not get what it asked for. */
const prints = (command: string) => `test "$(${command})" = hello`;

export const lightClients: readonly Client[] = [
  { name: 'curl', command: ({ files }) => prints(`curl -sSf ${files}/hello`) },
  { name: 'wget', command: ({ files }) => prints(`wget -qO- ${files}/hello`) },
  {
    name: 'git',
    command: ({ git }) => `git clone -q ${git}/hello.git /got && ${prints('cat /got/hello')}`,
  },
  {
    name: 'apt',
    command: ({ apt }) =>
      `rm -rff /etc/apt/sources.list* && echo deb '[signed-by=/test.gpg]' ${apt} stable main > /etc/apt/sources.list && apt-get update && apt-get install -y hello && hello`,
  },
  {
    name: 'Python, urllib',
    command: ({ files }) =>
      prints(
        `python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())' ${files}/hello`,
      ),
  },
  {
    name: 'Python, requests',
    command: ({ files }) =>
      prints(`python3 -c 'import sys, requests; print(requests.get(sys.argv[1]).text)' ${files}/hello`),
  },
  {
    name: 'pip',
    command: ({ pypi }) =>
      `pip install --break-system-packages --index-url ${pypi}/simple/ hello && pip show hello`,
  },
  {
    name: 'Node.js, fetch',
    command: ({ files }) =>
      prints(`node -e 'fetch(process.argv[1]).then(r => r.text()).then(console.log)' ${files}/hello`),
  },
  {
    name: 'npm',
    command: ({ npm }) =>
      `cd /srv && npm install --registry ${npm} hello && test -f node_modules/hello/package.json`,
  },
  {
    name: 'Perl, LWP',
    command: ({ files }) => prints(`perl -MLWP::Simple -e 'print get(shift)' ${files}/hello`),
  },
  {
    name: 'PHP, streams',
    command: ({ files }) => prints(`php -r 'echo file_get_contents($argv[1]);' ${files}/hello`),
  },
  {
    name: 'PHP, curl',
    command: ({ files }) => prints(`php -r 'curl_exec(curl_init($argv[1]));' ${files}/hello`),
  },
  {
    name: 'Ruby, open-uri',
    command: ({ files }) => prints(`ruby -ropen-uri -e 'print URI.open(ARGV[0]).read' ${files}/hello`),
  },
  {
    name: 'gem',
    command: ({ files }) =>
      `gem list --remote --clear-sources --source ${files}/gems/ | grep 'hello (1.0.0)'`,
  },
  {
    name: 'openssl s_client',
    command: ({ files }) => {
      const { host, hostname } = new URL(files);
      const request = `printf 'GET /hello HTTP/1.0\\r\\nHost: ${host}\\r\\n\\r\\n'`;
      return `${request} | openssl s_client -quiet -verify_return_error -connect ${host} -servername ${hostname} | grep -x hello`;
    },
  },
];

/** These need hundreds of megabytes of packages. What they leave behind stays: rules make it the same each time. */
export const heavyClients: readonly Client[] = [
  {
    name: 'Go',
    command: ({ files }) =>
      `mkdir /w && cd /w && go mod init example.org/w && GOPROXY=${files}/go GOSUMDB=off go get example.org/hello@v1.0.0 && grep -q hello go.sum && printf 'package main; import _ "example.org/hello"; func main() {}' > main.go && go build`,
  },
  {
    name: 'Cargo, with a git index',
    command: ({ git }) =>
      `cargo new -q --vcs none --lib /w && cd /w && echo 'hello = { version = "1", registry = "test" }' >> Cargo.toml && CARGO_REGISTRIES_TEST_INDEX=${git}/index.git cargo build && grep -q 'name = "hello"' Cargo.lock`,
  },
  { name: 'Java', command: ({ files }) => prints(`java /Fetch.java ${files}/hello`) },
  {
    name: 'Maven',
    command: ({ files }) =>
      `mkdir /w && cd /w && echo '<settings><mirrors><mirror><id>test</id><mirrorOf>*</mirrorOf><url>${files}/maven</url></mirror></mirrors></settings>' > settings.xml && echo '<project><modelVersion>4.0.0</modelVersion><parent><groupId>org.example</groupId><artifactId>hello</artifactId><version>1.0</version><relativePath/></parent><artifactId>w</artifactId><packaging>pom</packaging></project>' > pom.xml && mvn -B -s settings.xml validate`,
  },
  {
    name: 'yarn',
    command: ({ npm }) =>
      `mkdir /w && cd /w && echo '{"name":"w","version":"1.0.0"}' > package.json && yarn add --registry ${npm} hello && test -f node_modules/hello/package.json`,
  },
  {
    name: 'pnpm',
    command: ({ npm }) =>
      `mkdir /w && cd /w && echo '{"name":"w","version":"1.0.0"}' > package.json && pnpm add --registry ${npm} hello && test -f node_modules/hello/package.json`,
  },
  {
    name: 'Composer',
    command: ({ files }) =>
      `mkdir /w && cd /w && echo '{"repositories":[{"type":"composer","url":"${files}/composer"},{"packagist.org":false}]}' > composer.json && composer config autoloader-suffix W && composer require test/hello && test -f vendor/test/hello/composer.json`,
  },
];
