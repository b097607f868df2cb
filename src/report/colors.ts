import { createColors } from 'picocolors';

/** Colours for stderr, where people read; NO_COLOR and FORCE_COLOR (no-color.org, force-color.org) have the last word. */
const { NO_COLOR, FORCE_COLOR } = process.env;
export const colors = createColors(!NO_COLOR && (Boolean(FORCE_COLOR) || process.stderr.isTTY === true));
