/** The keys. */
export const HOME = '/ui/';

/** Segments of a path of ours, none of which can lead elsewhere: no second slash, no backslash, no scheme, no query. */
const OWN = /^\/ui\/(?:[a-z0-9][a-z0-9-]{0,63}(?:\/(?=.)|\/?$)){0,4}$/;

/** Pages to which nobody is led after a log-in. */
const NEVER = /^\/ui\/(?:log-in|log-out|logged-out|callback)(?:\/|$)/;

/** The page to go to after a log-in: one of ours, or the keys where something else was asked for. It is a path, never an address. */
export const returnToOf = (asked: unknown): string => (typeof asked === 'string' && OWN.test(asked) && !NEVER.test(asked) ? asked : HOME);
