import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';

/** The browser API and the pages at `/ui/`, which need each other. */
export const browserConfigSchema = strictObject(
  {
    origin: Type.String({
      pattern: '^https://[^/?#\\s@]+$',
      maxLength: 256,
      description: 'https origin at which browsers reach this server, port included where it is not 443; pages of no other may act',
    }),
    idle_seconds: Type.Integer({
      minimum: 60,
      maximum: 86_400,
      default: 1_800,
      description: 'a session that is not used for so long is over',
    }),
    absolute_seconds: Type.Integer({
      minimum: 300,
      maximum: 604_800,
      default: 28_800,
      description: 'a session is over so long after the log-in, however much it is used',
    }),
    recheck_seconds: Type.Integer({
      minimum: 1,
      maximum: 300,
      default: 30,
      description: 'how soon a session ends after its user was disabled at Identity, or logged out there',
    }),
    sessions_per_user: Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: 10,
      description: 'sessions of one user at once; one more ends the oldest',
    }),
  },
  { description: 'sessions of browsers, /browser/api/v1 and the pages at /ui/; without it there are none' },
);

export type BrowserConfig = Static<typeof browserConfigSchema>;
