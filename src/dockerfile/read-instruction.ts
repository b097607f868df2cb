import { usageError } from '../core/index.ts';
import type { FromInstruction, Instruction, OnbuildInstruction } from './instructions.ts';
import { argumentsError } from './problems.ts';
import { commonOf, type Reading, refuseFlags } from './read-base.ts';
import { readCmd, readEntrypoint, readHealthcheck, readRun } from './read-commands.ts';
import {
  readArg,
  readEnv,
  readExpose,
  readFrom,
  readLabel,
  readMaintainer,
  readShell,
  readStopsignal,
  readUser,
  readVolume,
  readWorkdir,
} from './read-settings.ts';
import { readAdd, readCopy } from './read-transfer.ts';
import type { Syntax } from './syntax.ts';

/**
 * What an instruction means.
 * @param nested for ONBUILD, the instruction within it.
 */
export function readInstruction(reading: Reading, nested?: Syntax): Instruction | FromInstruction {
  switch (reading.syntax.keyword) {
    case 'ADD':
      return readAdd(reading);
    case 'ARG':
      return readArg(reading);
    case 'CMD':
      return readCmd(reading);
    case 'COPY':
      return readCopy(reading);
    case 'ENTRYPOINT':
      return readEntrypoint(reading);
    case 'ENV':
      return readEnv(reading);
    case 'EXPOSE':
      return readExpose(reading);
    case 'FROM':
      return readFrom(reading);
    case 'HEALTHCHECK':
      return readHealthcheck(reading);
    case 'LABEL':
      return readLabel(reading);
    case 'MAINTAINER':
      return readMaintainer(reading);
    case 'ONBUILD':
      return readOnbuild(reading, nested);
    case 'RUN':
      return readRun(reading);
    case 'SHELL':
      return readShell(reading);
    case 'STOPSIGNAL':
      return readStopsignal(reading);
    case 'USER':
      return readUser(reading);
    case 'VOLUME':
      return readVolume(reading);
    case 'WORKDIR':
      return readWorkdir(reading);
  }
}

function readOnbuild(reading: Reading, nested: Syntax | undefined): OnbuildInstruction {
  refuseFlags(reading);
  if (nested === undefined) {
    const where = reading.syntax.line.where();
    throw argumentsError(where, 'ONBUILD lacks an instruction', 'Write one behind it.');
  }
  const trigger = nested.keyword === 'ONBUILD' ? undefined : readInstruction({ ...reading, syntax: nested });
  if (trigger === undefined || trigger.keyword === 'FROM' || trigger.keyword === 'MAINTAINER') {
    throw usageError('DOCKERFILE_ONBUILD', `ONBUILD cannot hold ${nested.keyword}`, {
      where: nested.line.where(),
      next: 'Use another instruction.',
    });
  }
  const bodies = reading.heredocs.map(({ raw, name }) => `\n${raw.text}${name}`);
  const expression = nested.line.text + bodies.join('');
  return { keyword: 'ONBUILD', ...commonOf(reading), trigger, expression };
}
