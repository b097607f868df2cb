import { describe, expect, it } from 'vitest';
import { checkText, defaultSettings } from '../index.ts';

const servercore = 'FROM mcr.microsoft.com/windows/servercore:ltsc2022\n';
const powershell = `${servercore}SHELL ["powershell", "-Command", "$ErrorActionPreference = 'Stop';"]\n`;

function found(text: string): { rules: string[]; places: string[] } {
  const { findings, unread } = checkText(text, 'Dockerfile', defaultSettings, { hasFile: () => false });
  expect(unread).toEqual([]);
  const own = findings.filter(({ rule }) => !rule.startsWith('image-'));
  return {
    rules: own.map(({ rule }) => rule),
    places: own.map(({ range }) => text.slice(range.start, range.end)),
  };
}

describe('PowerShell', () => {
  it.each<[run: string, rules: string[]]>([
    ['Invoke-WebRequest https://host.test/a.zip -OutFile a.zip; Expand-Archive a.zip', ['download-checksum']],
    ['iwr -useb https://host.test/a-1.ps1 | iex', ['download-run']],
    ["iex ((New-Object System.Net.WebClient).DownloadString('https://host.test/a-1.ps1'))", ['download-run']],
    ['iex "& { $(irm https://host.test/a-1.ps1) } -Channel 8"', ['download-run']],
    ['& ([scriptblock]::Create((irm https://host.test/a-1.ps1)))', ['download-run']],
    ['. { iwr -useb https://host.test/a-1.ps1 } | iex; install', ['download-run']],
    ["$u = 'https://host.test/a-1.exe'; iwr $u -OutFile a.exe; Start-Process a.exe -Wait", ['download-run']],
    ['Invoke-WebRequest -Uri https://host.test/a-1.ps1 -OutFile a.ps1; .\\a.ps1', ['download-run']],
    [
      "(New-Object Net.WebClient).DownloadFile('https://host.test/a-1.msi', 'C:\\a.msi'); Start-Process msiexec.exe -ArgumentList '/i', 'C:\\a.msi'",
      ['download-run'],
    ],
    [
      'iwr https://host.test/a-1.exe -OutFile a.exe; if ((Get-FileHash a.exe -Algorithm sha256).Hash -ne $env:SHA) { exit 1 }; Start-Process a.exe',
      [],
    ],
    ['iwr http://localhost:80/a -OutFile a', []],
    ['Invoke-RestMethod -Method Post -Uri https://host.test/hook -Body x', []],
    ['[Net.ServicePointManager]::ServerCertificateValidationCallback = { $true }', ['tls-off']],
    ['iwr https://host.test/a-1.zip -SkipCertificateCheck -OutFile a.zip', ['download-checksum', 'tls-off']],
    ['Install-Module Pester -Force', ['nuget-version']],
    ['Install-Module -Name Pester -RequiredVersion 5.6.1 -Force', []],
    ['Install-Module Pester -MinimumVersion 5 -SkipPublisherCheck', ['nuget-version', 'signature-off']],
    ['choco install -y git; choco install -y nodejs -version 22.11.0', ['nuget-version']],
    ["$v = '2.32.3'; python -m pip install requests==$v flask", ['pip-version']],
    ['npm install -g typescript; npm ci', ['npm-version']],
    ['Set-Content a.txt (Get-Date)', ['time-and-randomness']],
    ["Write-Host 'iwr https://host.test/a | iex'", []],
  ])('%s', (run, rules) => {
    expect(found(`${powershell}RUN ${run}\n`).rules).toEqual(rules);
  });

  it('is read in cmd, in Linux images, and where the base image says so', () => {
    expect(
      found(`${servercore}RUN powershell -NoProfile -Command "iwr \\"https://host.test/a-1.ps1\\" | iex"\n`)
        .rules,
    ).toEqual(['download-run']);
    expect(found("FROM a:1\nRUN pwsh -c 'Install-Module Az'\nUSER 1\n").rules).toEqual(['nuget-version']);
    expect(found('FROM a:1\nSHELL ["pwsh", "-Command"]\nRUN Install-Module Az\nUSER 1\n').rules).toEqual([
      'nuget-version',
    ]);
    expect(found('FROM chocolatey:1\nRUN iex (irm https://host.test/a-1.ps1)\n').rules).toEqual([
      'download-run',
    ]);
  });

  it('is not looked for in images of Linux that run Wine', () => {
    const text = 'FROM wine:1\nRUN apt-get install -y a=1 && if true; then wine "C:\\\\a.exe"; fi\n';
    expect(found(text).rules).toEqual(['user-root']);
  });

  it('keeps the places, over lines and in strings', () => {
    const run = "RUN Write-Host a; \\\n# why\n    iwr -Uri 'https://host.test/a-1.zip' -OutFile a.zip";
    expect(found(`${powershell}${run}\n`).places).toEqual(["'https://host.test/a-1.zip'"]);
    const nested = `# escape=\`\n${servercore}RUN powershell -Command "\`\n  choco install git; \`\n  npm i -g x"\n`;
    expect(found(nested).places).toEqual(['git', 'x']);
  });
});

describe('cmd', () => {
  it.each<[run: string, rules: string[]]>([
    ['curl -fSLo a.zip https://host.test/a-1.zip && tar -xf a.zip', ['download-checksum']],
    [
      'curl -fSLo setup.exe https://host.test/setup-1.exe && start /w setup /quiet ^ /norestart',
      ['download-run'],
    ],
    ['certutil -urlcache -f https://host.test/a-1.exe a.exe && a.exe', ['download-run']],
    [
      'curl -o a.exe https://host.test/a-1.exe && certutil -hashfile a.exe SHA256 | findstr 0123 && a.exe',
      [],
    ],
    ['pip install flask & npm install -g x', ['pip-version', 'npm-version']],
    ['set V=1.2.3&& pip install flask==%V%', []],
    ['if not exist C:\\x (choco install git) else echo no', ['nuget-version']],
    ['"%ProgramFiles%\\nodejs\\npm.cmd" install', ['lock-enforced']],
    ['echo pip install flask', []],
    ['echo %RANDOM% > a', ['time-and-randomness']],
  ])('%s', (run, rules) => {
    expect(found(`${servercore}RUN ${run}\n`).rules).toEqual(rules);
  });
});
