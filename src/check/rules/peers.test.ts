import { describe, expect, it } from 'vitest';
import { checkText, defaultSettings } from '../index.ts';

/**
 * Behaviour that others have written down for their rules, in our words: each command is looked for as it is, and in every
 * other form that means the same. Where we differ on purpose, the row says so; docs/rules says why.
 * Sources: hadolint (its specifications by rule), OpenSSF Scorecard (Dockerfile test data), Checkov and KICS (samples),
 * Renovate and Dependabot (what they extract), dockerfile-pin, rpm-lockfile-prototype (its `pfc-*` cases).
 */
type Row = readonly [source: string, command: string];

const found: Readonly<Record<string, readonly Row[]>> = {
  'apt-version': [
    ['kics', 'apt-get update ; apt-get install -y a b'],
    ['rpm-lockfile-prototype', 'cat packages.txt | xargs apt-get install -y'],
    ['hadolint', 'apt-get update && apt-get install nano'],
    ['hadolint', 'apt-get -yqq --no-install-recommends install nano'],
    ['hadolint', 'apt install -o Dpkg::Use-Pty=0 nano tree=2.1.0-1'],
    ['hadolint, on purpose otherwise', 'apt-get install -y "tree=2.1.*"'],
    ['hadolint, on purpose otherwise', 'apt-get install -y -t bookworm-backports nano'],
    ['kics', 'aptitude install -y nano'],
  ],
  'apk-version': [
    ['hadolint', 'apk add --no-cache tree'],
    ['hadolint', 'apk --no-cache -X https://mirror.test/main add tree'],
    ['hadolint', 'apk add --virtual .build tree=2.1.1-r0 gcc'],
    ['hadolint, on purpose otherwise', 'apk add tree~2.1'],
  ],
  'rpm-version': [
    ['kics', 'dnf install -v -y zip'],
    ['rpm-lockfile-prototype', 'xargs microdnf install -y < packages.txt'],
    ['rpm-lockfile-prototype', '[ $(arch) != x86_64 ] || microdnf install -y a'],
    ['rpm-lockfile-prototype', 'A="b c" && yum install -y $A'],
    ['hadolint', 'yum install -y httpd'],
    ['hadolint', 'dnf -y --setopt=tsflags=nodocs install httpd && dnf clean all'],
    ['hadolint', 'microdnf install java-17-openjdk'],
    ['hadolint', 'zypper --non-interactive in httpd'],
    ['kics', 'tdnf install -y ca-certificates'],
    ['hadolint, on purpose otherwise', 'dnf group install "Web Server"'],
  ],
  'pip-version': [
    ['ours', 'uvx black'],
    ['ours', 'uv tool run black@latest'],
    ['ours', 'py -3.12 -m pip install requests'],
    ['ours', 'uv python install 3.12'],
    ['hadolint', 'pip3 install --user requests'],
    ['hadolint', 'python3.12 -m pip install --index-url https://index.test/simple requests'],
    ['hadolint', 'pip install --root-user-action=ignore requests'],
    ['hadolint', 'pip install git+https://forge.test/a/b.git#egg=b'],
    ['hadolint', 'pipx install black'],
    ['scorecard', 'pip install "requests>2" local.whl'],
    ['scorecard', 'pip install --no-deps -e git+https://forge.test/a/b.git@v1.0#egg=b'],
    ['kics', 'uv pip install --system requests'],
    ['hadolint, on purpose otherwise', 'pip install requests~=2.32'],
  ],
  'pip-hashes': [
    ['ours', 'python setup.py install'],
    ['scorecard', 'pip install -r requirements.txt'],
    ['scorecard', 'python -m pip install --upgrade -r any.txt'],
    [
      'scorecard',
      'pip install -e git+https://forge.test/a/b.git@0123456789abcdef0123456789abcdef01234567#egg=b',
    ],
  ],
  'npm-version': [
    ['kics, on purpose otherwise', 'npm install sax@latest'],
    ['ours', 'corepack prepare pnpm@latest --activate'],
    ['ours', 'yarn set version stable'],
    ['hadolint', 'npm install --loglevel verbose express sax@1.4.1'],
    ['hadolint', 'npm install --registry https://registry.test @scope/name'],
    ['hadolint', 'npm install git+ssh://git@forge.test/npm/npm.git'],
    ['scorecard', 'npm i -g typescript'],
    ['kics', 'yarn global add typescript@latest'],
    ['ours', 'pnpm add typescript@^5'],
    ['ours', 'npx -y cowsay'],
    ['ours', 'bunx cowsay@latest'],
  ],
  'lock-enforced': [
    ['scorecard', 'npm install-test'],
    ['ours', 'mix deps.get --only prod'],
    ['ours', 'pixi install'],
    ['ours', 'terraform init'],
    ['ours', 'conan install .'],
    ['ours', 'swift build -c release'],
    ['ours', 'dart pub get'],
    ['scorecard', 'npm install'],
    ['scorecard', 'npm i --omit=dev'],
    ['ours', 'yarn --production'],
    ['ours', 'pnpm install'],
    ['ours', 'bundle install -j 4'],
    ['ours', 'cargo build --release'],
    ['ours', 'go mod tidy'],
  ],
  'gem-version': [
    ['hadolint', 'gem install bundler'],
    ['hadolint', 'gem i bundler -- --with-opt=a'],
    ['kics', "gem install rake -v '~> 13.0'"],
  ],
  'go-version': [
    ['hadolint', 'go install host.test/a/b@latest'],
    ['scorecard', 'go get host.test/a/b@v1'],
    ['scorecard', 'go get host.test/a/b'],
    ['hadolint', 'go run host.test/a/b@latest'],
  ],
  'nuget-version': [
    ['ours', 'winget install --id Git.Git -e'],
    ['ours', 'dotnet workload install wasm-tools'],
    ['scorecard', 'nuget install Newtonsoft.Json'],
    ['scorecard', 'dotnet add App.csproj package Newtonsoft.Json'],
    ['scorecard', "choco install --require-checksums 'git'"],
  ],
  'lock-absent': [
    ['scorecard', 'dotnet restore'],
    ['scorecard', 'nuget restore'],
    ['scorecard', 'msbuild.exe /t:restore'],
  ],
  'system-upgrade': [
    ['kics', 'apt-get -y dist-upgrade'],
    ['kics', 'apk -U upgrade'],
    ['hadolint', 'zypper -n dist-upgrade'],
    ['semgrep', 'yum -y update'],
  ],
  'download-run': [
    ['scorecard', 'gsutil cp gs://bucket/a . && ./a'],
    ['scorecard', 'aws s3api get-object --bucket b --key dir/a /opt/ && bash /opt/a'],
    ['scorecard', 'curl https://host.test/a 2>&1 > /tmp/a && /tmp/a'],
    ['scorecard', 'wget -q -O - https://host.test/a | sh'],
    ['scorecard', 'curl -s host.test/a | sudo bash'],
    ['scorecard', 'wget -qO- https://host.test/a.sh | /bin/sh -s -- --yes'],
    ['scorecard', 'wget https://host.test/a -O /tmp/a && chmod +x /tmp/a && /tmp/a'],
    ['scorecard', 'wget https://host.test/a.sh; bash ./a.sh'],
    ['scorecard', 'curl -sSL https://host.test/a.sh | bash /dev/stdin --channel 8'],
    ['ours', 'curl https://host.test/a.py | tee /a.py | python3 -'],
    ['ours', 'curl https://host.test/a > /tmp/a && . /tmp/a'],
    ['ours', "php -r \"copy('x', 'y');\" && curl -o setup.php https://host.test/setup.php && php setup.php"],
  ],
  'tls-off': [
    ['checkov', 'curl -fsSLk https://host.test/a -o a'],
    ['checkov', 'wget --no-check-certificate https://host.test/a'],
    ['checkov', 'pip install --trusted-host index.test a==1'],
    ['checkov', 'npm config set strict-ssl false'],
    ['checkov', 'yarn config set "strict-ssl" false -g'],
    ['checkov', 'yum-config-manager --save --setopt=epel.sslverify=0'],
    ['checkov', 'A=1 GIT_SSL_NO_VERIFY=1 git clone https://forge.test/a/b'],
    ['checkov', 'export NODE_TLS_REJECT_UNAUTHORIZED=0 && node a.js'],
    ['checkov', 'PYTHONHTTPSVERIFY=0 python a.py'],
    ['ours', 'git -c http.sslVerify=false clone https://forge.test/a/b'],
  ],
  'git-commit': [
    ['ours', 'git clone --branch v1 https://forge.test/a/b'],
    ['ours', 'git submodule update --init --remote'],
    ['ours', 'svn checkout https://forge.test/a/trunk'],
    ['ours', 'hg clone https://forge.test/a'],
  ],
  'conda-version': [
    ['ours', 'conda install -y numpy=2.1'],
    ['ours', 'conda create -n a -c conda-forge python=3.12'],
  ],
  'cpan-version': [['ours', "perl -MCPAN -e 'install Moo'"]],
  'repository-key': [['ours', 'gpg --keyserver host.test --recv-keys 0123ABCD']],
  'other-version': [
    ['ours', 'luarocks install luasocket'],
    ['ours', 'opam install -y dune'],
    ['ours', 'cabal install pandoc'],
    ['ours', 'mix local.hex --force'],
    ['ours', 'mix archive.install hex phx_new'],
    ['ours', 'brew install jq'],
    ['ours', 'nvm install --lts'],
    ['ours', 'sdk install java'],
    ['ours', 'pyenv install 3.12'],
    ['ours', 'asdf install nodejs latest'],
    ['ours', 'pacman -Sy --noconfirm git'],
    ['ours', 'emerge dev-vcs/git'],
    ['ours', 'helm pull repo/chart'],
    ['ours', 'ansible-galaxy collection install a.b'],
  ],
  'signature-off': [
    ['checkov', 'apt-get install --allow-unauthenticated a=1'],
    ['checkov', 'apk add --allow-untrusted a=1'],
    ['checkov', 'rpm -i --nosignature a.rpm'],
    ['checkov', 'dnf install --nogpgcheck -y a-1.0-1'],
    ['ours', "echo 'deb [trusted=yes] https://host.test/ ./' > /etc/apt/sources.list.d/a.list"],
  ],
};

const left: Readonly<Record<string, readonly Row[]>> = {
  'apt-version': [
    ['hadolint', 'apt-get install -y nano=7.2-1 git=1:2.39.5-0+deb12u1'],
    ['hadolint', 'apt-get install ./tool_1.2-3_amd64.deb'],
    ['hadolint', 'apt-get update && apt-get clean'],
    ['hadolint', 'NANO=7.2-1 && apt-get install -y nano=$NANO'],
    ['ours', 'echo "apt-get install nano"'],
    ['ours', 'apt-get install -y nano=${UNKNOWN}'],
  ],
  'apk-version': [
    ['hadolint', 'apk add --no-cache tree=2.1.1-r0 !gcc'],
    ['hadolint', 'apk add ./a.apk'],
    ['hadolint', 'apk update'],
  ],
  'rpm-version': [
    ['hadolint', 'yum install -y httpd-2.4.62-1.el9'],
    ['hadolint', 'dnf install -y bash-5.2.26'],
    ['hadolint', 'zypper install -y httpd=2.4'],
    ['hadolint', 'rpm -i ./a.rpm'],
  ],
  'pip-version': [
    ['hadolint', 'pip install requests===2.32.3 --no-cache-dir'],
    ['hadolint', 'pip install --prefix /opt/x -i https://index.test/simple requests==2.32.3'],
    ['hadolint', 'pip install . ./a b/c d.whl e.tar.gz'],
    ['hadolint', 'pip install requests -c constraints.txt'],
    [
      'scorecard',
      'pip install --no-deps -e git+https://forge.test/a/b@0123456789abcdef0123456789abcdef01234567#egg=b',
    ],
    ['ours', 'pip --version'],
    ['ours', 'uvx black@24.10.0'],
    ['ours', 'uvx --from black==24.10.0 black'],
  ],
  'pip-hashes': [
    ['scorecard', 'pip3 install --require-hashes -r requirements.txt'],
    ['scorecard', 'pip install --no-deps -e .'],
    ['scorecard', 'pip install'],
    ['ours', 'uv sync --frozen'],
  ],
  'npm-version': [
    ['hadolint', 'npm install express@4.21.1 @scope/name@1.0.0'],
    ['hadolint', 'npm install ./folder ../folder /folder ~/folder a.tgz'],
    ['hadolint', 'npm run --silent install'],
    ['ours', 'npx tsc'],
  ],
  'lock-enforced': [
    ['scorecard', 'npm ci'],
    ['scorecard', 'npm install-ci-test'],
    ['ours', 'mix deps.get --check-locked'],
    ['ours', 'uv run --frozen app'],
    ['ours', 'pixi install --locked && terraform init -lockfile=readonly'],
    ['ours', 'yarn install --frozen-lockfile && pnpm i --frozen-lockfile && yarn --version'],
    ['ours', 'bundle config set --global frozen true && bundle install'],
    ['ours', 'cargo build --locked && cargo --version'],
    ['scorecard', 'go mod download'],
  ],
  'gem-version': [
    ['hadolint', 'gem install bundler:2.5.23 rake:13.2.1'],
    ['hadolint', "gem install bundler -v '2.5.23'"],
    ['hadolint', 'gem install bundler:2.5.23 -- --use-system-libraries=true'],
  ],
  'go-version': [
    ['scorecard', 'go install host.test/a/b@v1.2.3-rc.1+build'],
    ['scorecard', 'go get host.test/a/b@1111111111aaaaaaaaaa2222222222bbbbbbbbbb'],
    ['scorecard', 'go install ./cmd/a'],
    ['hadolint', 'go install'],
    ['hadolint', 'go build ./...'],
  ],
  'nuget-version': [
    ['scorecard', 'dotnet tool install -g dotnet-ef --version 9.0.0'],
    ['scorecard', 'nuget install packages.config'],
  ],
  'lock-absent': [
    ['scorecard', 'dotnet restore --locked-mode'],
    ['scorecard', 'nuget restore -LockedMode'],
    ['scorecard', 'msbuild.exe /t:restore /p:RestoreLockedMode=true'],
    ['ours', 'mvn --version'],
    ['ours', 'dotnet build --no-restore'],
  ],
  'download-run': [
    ['scorecard', 'curl -s https://host.test/a | tar xz'],
    ['scorecard', 'curl -s http://localhost:8080/a | sh'],
    ['scorecard', 'curl -s https://host.test/a.json | python3 -m json.tool'],
    ['scorecard', 'curl https://raw.forge.test/a/b/7b75d16d41920ec126e6f3269db0c6f3ab613c38/a.sh | bash'],
    ['scorecard', 'curl -o a.sh https://host.test/a.sh && echo "0123  a.sh" | sha256sum -c && sh a.sh'],
    [
      'ours',
      'curl -o a https://host.test/a && curl -o a.asc https://host.test/a.asc && gpg --verify a.asc a && sh a',
    ],
    ['ours', 'wget https://host.test/a.sh && cat a.sh'],
    ['scorecard', 'aws s3 cp /tmp/a s3://bucket/a && /tmp/a'],
  ],
  'download-checksum': [
    ['ours', 'curl -O https://host.test/a.tgz && [ "$(sha256sum a.tgz | cut -d" " -f1)" = "0123" ]'],
    ['ours', 'wget https://host.test/a.tgz && sha512sum --check sums.txt'],
    ['ours', 'curl -I https://host.test/a && wget --spider https://host.test/b'],
  ],
  'tls-off': [
    ['checkov', 'curl -fsSL https://host.test/a -o a'],
    ['checkov', 'npm config set strict-ssl true'],
    ['ours', 'curl -o k https://host.test/k'],
    ['ours', 'wget -nv -nc https://host.test/a'],
  ],
  'git-commit': [
    ['ours', 'svn export -r 42 https://forge.test/a/trunk'],
    ['ours', 'hg clone -u 0123456789ab https://forge.test/a'],
    ['ours', 'git submodule update --init'],
  ],
  'conda-version': [
    ['ours', 'conda install -y numpy=2.1.3 scipy==1.14.1'],
    ['ours', 'conda install -y --file conda-linux-64.lock'],
  ],
  'repository-key': [
    ['ours', 'gpg --keyserver host.test --recv-keys 0123456789ABCDEF0123456789ABCDEF01234567'],
  ],
  'other-version': [
    ['ours', 'luarocks install luasocket 3.1.0-1'],
    ['ours', 'opam install -y dune.3.16.0 .'],
    ['ours', 'cabal install pandoc-3.1.11 && cabal update'],
    ['ours', 'mix archive.install hex phx_new 1.7.14'],
    ['ours', 'nvm install 20.18.0'],
    ['ours', 'sdk install java 21.0.5-tem'],
    ['ours', 'pyenv install 3.12.7'],
    ['ours', 'asdf install nodejs 20.18.0'],
    ['ours', 'asdf install'],
    ['ours', 'helm pull repo/chart --version 1.2.3 && helm template ./chart'],
    ['ours', 'pacman -Q git'],
  ],
  'signature-off': [
    ['checkov', 'apt-get install a=1'],
    ['checkov', 'rpm -i a.rpm'],
  ],
};

/** Other ways to write a command, each of which is to be read like it. */
const forms: Readonly<Record<string, (command: string) => string>> = {
  'as it is': command => `RUN ${command}`,
  'for later builds': command => `ONBUILD RUN ${command}`,
  'in a here-document': command => `RUN <<END\n${command}\nEND`,
  'for a shell in a here-document': command => `RUN bash -e <<'END'\n${command}\nEND`,
  'over lines': command => `RUN true && \\\n  # why\n\\\n  ${command.replaceAll(' && ', ' \\\n  && ')}`,
  'after others': command => `RUN --mount=type=tmpfs,target=/tmp set -eux; true; (${command})`,
  'in a branch': command => `RUN if true; then ${command}; fi`,
  'as another user': command =>
    /['"\\$]|&&|;|\|/.test(command) ? `RUN ${command}` : `RUN sudo -E -u root env A=1 ${command}`,
  'for sh -c': command => (/['\\]/.test(command) ? `RUN ${command}` : `RUN sh -ec '${command}'`),
  'in exec form': command => `RUN ["/bin/bash", "-o", "pipefail", "-c", ${JSON.stringify(command)}]`,
};

function rulesIn(run: string): readonly string[] {
  const { findings, unread } = checkText(`FROM a:1\n${run}\n`, 'Dockerfile', defaultSettings, {
    hasFile: () => false,
  });
  expect(unread).toEqual([]);
  return findings.map(({ rule }) => rule);
}

const rows = (table: typeof found) =>
  Object.entries(table).flatMap(([rule, list]) =>
    list.map(([source, command]) => [rule, source, command] as const),
  );

describe.each(Object.entries(forms))('%s', (_name, form) => {
  it.each(rows(found))('%s (%s) finds %s', (rule, _source, command) => {
    expect(rulesIn(form(command))).toContain(rule);
  });

  it.each(rows(left))('%s (%s) leaves %s', (rule, _source, command) => {
    expect(rulesIn(form(command))).not.toContain(rule);
  });
});
