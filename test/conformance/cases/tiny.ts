/** What the configuration of the base of most cases says. */
export const tiny = { Env: ['PATH=/bin'], Cmd: ['sh'] };
