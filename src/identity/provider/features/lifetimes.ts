const MINUTE_S = 60;
const DAY_S = 86_400;

/** Seconds. A grant outlives its refresh tokens: it is the end of the whole family. */
export const LIFETIMES = {
  authorizationCode: MINUTE_S,
  /** Of the codes of a device: as long as somebody may need to find a browser, and log in. */
  deviceCode: 10 * MINUTE_S,
  grant: 30 * DAY_S,
  idToken: 60 * MINUTE_S,
  interaction: 30 * MINUTE_S,
  /** Until a log-in has begun with it. */
  pushedRequest: MINUTE_S,
  refreshToken: 14 * DAY_S,
  session: DAY_S,
  userinfoToken: 10 * MINUTE_S,
  /** Of a grant until its first code is redeemed. It outlives the interaction that it was given in, and the code. */
  unredeemedGrant: 60 * MINUTE_S,
} as const;
