/** Real git repositories with fixed dates, served over smart HTTP by git itself. */

export { GitRepository, runGit, type CommitSpec } from './repository.ts';
export { GitServer, type GitRequest } from './server.ts';
