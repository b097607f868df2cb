import { readArguments } from '../requests/arguments.ts';
import type { Finder } from '../requests/request.ts';

const values =
  '-f --file -s --settings -gs --global-settings -P -pl --projects -T -t --toolchains -l -b -p -c -I -g -x --project-dir';

/** Maven, Gradle, sbt and Leiningen: they resolve ranges and snapshots anew, and few projects keep a lock for them. */
export const mavenFinder: Finder = {
  programs: ['mvn', 'mvnw', 'gradle', 'gradlew', 'sbt', 'lein'],
  find(invocation) {
    const { name: tool } = invocation;
    const given = readArguments(invocation.args, { values, singleDash: true });
    const [at] = given.operands;
    if (at === undefined || given.has('-o', '--offline')) return [];
    if (/^(wrapper|wrapper:wrapper|--version|tasks|help)$/.test(at.text)) return [];
    const base = { ecosystem: 'maven', tool, at, invocation } as const;
    const refresh = given.flag('-U', '--update-snapshots', '--refresh-dependencies');
    if (refresh) return [{ ...base, action: 'upgrade', at: refresh.argument }];
    const remedy = tool.startsWith('gradle')
      ? { advice: 'dependency locking and gradle/verification-metadata.xml', lockFiles: ['gradle.lockfile'] }
      : { advice: 'exact versions, no ranges and no snapshots, in the build file', lockFiles: [] };
    return [{ ...base, action: 'restore', locked: 'no', remedy }];
  },
};
