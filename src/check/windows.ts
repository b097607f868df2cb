import type { Instruction, Stage } from '../dockerfile/index.ts';

const windowsImage =
  /^mcr\.microsoft\.com\/windows|(^|[/:.-])(nanoserver|servercore|windowsservercore)|microsoft\/windows/i;

/**
 * Whether a stage is for Windows, where RUN means another shell: by its image's name, its platform, its escape
 * character, or by what it says.
 * @param reference the image that it begins from.
 */
export function isWindows(stage: Stage, reference: string, escape: string): boolean {
  const platform = stage.from.platform?.text ?? '';
  if (/^linux(\/|$)/i.test(platform)) return false;
  return (
    /^windows(\/|$)/i.test(platform) ||
    windowsImage.test(reference) ||
    (escape === '`' && !/alpine|debian|ubuntu|linux/i.test(reference)) ||
    (stage.instructions.some(speaksWindows) && !stage.instructions.some(speaksLinux))
  );
}

/** The shell that RUN means until SHELL says otherwise. Who begins from another image may inherit PowerShell from it. */
export function windowsShell({ instructions }: Stage, reference: string): 'powershell' | 'cmd' {
  const mayInherit = !/^mcr\.microsoft\.com\/windows|microsoft\/windows/i.test(reference);
  return mayInherit && instructions.some(speaksPowerShell) ? 'powershell' : 'cmd';
}

/** Paths with a drive, and programs that only Windows has. */
function speaksWindows(instruction: Instruction): boolean {
  if (instruction.keyword === 'SHELL')
    return /^(cmd|powershell)(\.exe)?$/i.test(instruction.shell[0]?.text ?? '');
  if (instruction.keyword === 'WORKDIR') return /^"?[a-z]:[\\/]/i.test(instruction.path.text);
  if (instruction.keyword !== 'RUN') return false;
  const { text } = instruction.line;
  return (
    /^RUN\s+(powershell(\.exe)?|setx|choco)\s|[\s"'(][a-z]:\\\w/i.test(text) || speaksPowerShell(instruction)
  );
}

/** Wine has paths with a drive too. */
function speaksLinux({ keyword, line }: Instruction): boolean {
  return keyword === 'RUN' && /\b(apt-get|apt|apk|yum|dnf|useradd|chmod|chown|wine\w*)\s/.test(line.text);
}

/** `iex …`, `Verb-Noun …`, `$name = …`: no other shell is spoken to so. */
function speaksPowerShell(instruction: Instruction): boolean {
  return (
    instruction.keyword === 'RUN' &&
    /^RUN\s+(iex\s|(Invoke|Write|New|Set|Get|Add|Remove|Install|Start|Expand|Copy|Import)-[A-Z]\w+\s|\$(env:)?\w+\s*=)/i.test(
      instruction.line.text,
    )
  );
}
