import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';
import { readArguments } from '../requests/arguments.ts';
import type { Finder, Request } from '../requests/request.ts';
import { baseName, download } from './download.ts';

const values =
  '--bucket --key --region --profile --endpoint-url --output --query --version-id --range -h -o -u --project --account-name --container-name -c --name -n --file -f --account-key --sas-token --connection-string';

/** The command lines of storage services: aws, gsutil, gcloud and az. */
export const cloudFinder: Finder = {
  programs: ['aws', 'gsutil', 'gcloud', 'az'],
  find(invocation) {
    const given = readArguments(invocation.args, { values });
    const words = given.operands.map(({ text }) => text);
    const named = given.flag('--key') ?? given.flag('--name', '-n');
    if (words[0] === 's3api' && words[1] === 'get-object' && named?.value !== undefined)
      return fetched(invocation, { ...named.argument, text: named.value }, given.operands[2]?.text);
    if (invocation.name === 'az' && words.slice(0, 3).join(' ') === 'storage blob download' && named?.value)
      return fetched(invocation, { ...named.argument, text: named.value }, given.flag('--file', '-f')?.value);
    // What is copied from the service to this machine, not the other way.
    const at = words.findIndex(word => /^(s3|gs):\/\//.test(word));
    const url = given.operands[at];
    const destination = words[at + 1];
    if (url === undefined || destination === undefined || /^(s3|gs):\/\//.test(destination)) return [];
    return fetched(invocation, url, destination);
  },
};

/** A destination may be a directory, which only its slash tells. */
function fetched(invocation: Invocation, url: Argument, destination: string | undefined): Request[] {
  const isStandardOutput = destination === undefined || destination === '-';
  const path = destination === '.' ? './' : (destination ?? '');
  return download(
    invocation,
    url,
    isStandardOutput ? undefined : path.endsWith('/') ? path + baseName(url.text) : path,
  );
}
