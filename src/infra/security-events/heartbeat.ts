/**
 * The data of a heartbeat: how long the stream had run at the time up to which everything is told. It shows what is held back on the way,
 * because both ends measure the time of one stream, each by a clock of its own that never goes back.
 *
 * @param elapsedMs milliseconds since the stream began
 */
export const formatHeartbeat = (elapsedMs: number): string => JSON.stringify({ elapsed_ms: Math.floor(elapsedMs) });

const HEARTBEAT = /^\{"elapsed_ms":(0|[1-9]\d{0,11})\}$/;

/** @returns the milliseconds; undefined for data that are not of this form */
export const parseHeartbeat = (data: string): number | undefined => {
  const [, elapsedMs] = HEARTBEAT.exec(data) ?? [];
  return elapsedMs === undefined ? undefined : Number(elapsedMs);
};
