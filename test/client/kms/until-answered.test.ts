import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { untilAnswered } from '#client/kms/until-answered.ts';

const answer = (status: number, code?: string, headers: Record<string, string> = {}): HttpsResponse => ({
  status,
  headers,
  setCookies: [],
  text: JSON.stringify({ code }),
  json: <T>() => ({ code }) as T,
});
const brokenOff = new AppError('connection-failed', 503, 'the connection failed: other side closed');
const underWay = answer(409, 'idempotency-key-in-use', { 'retry-after': '2' });

/** Sends a change to a server that does these things, one after the other. */
const sendTo = async (...turns: readonly (HttpsResponse | Error)[]) => {
  const keys: string[] = [];
  const waits: number[] = [];
  const left = [...turns];
  const send = async (header: Record<string, string>): Promise<HttpsResponse> => {
    keys.push(header['idempotency-key'] ?? '');
    const turn = left.shift() ?? answer(500);
    if (turn instanceof Error) throw turn;
    return turn;
  };
  const wait = async (seconds: number) => void waits.push(seconds);
  const outcome = await untilAnswered(send, { wait }).catch((error: unknown) => error);
  return { outcome, keys, waits };
};

describe('A change of the client', () => {
  it('is sent again with the same key where the connection breaks off, and after a while where it is under way', async () => {
    const made = answer(201);
    const { outcome, keys, waits } = await sendTo(brokenOff, underWay, made);
    expect(outcome).toBe(made);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^"[0-9a-f-]{36}"$/);
    expect(waits).toEqual([2]);
  });

  it('has a key of its own', async () => {
    const [one, other] = [await sendTo(answer(201)), await sendTo(answer(201))];
    expect(one.keys).not.toEqual(other.keys);
  });

  it('is sent once where it is refused, or the server is not there at all', async () => {
    const refused = new AppError('connection-refused', 503, 'refused');
    for (const turn of [answer(409, 'elastic-key-name-taken'), answer(503), refused])
      expect(await sendTo(turn)).toMatchObject({ outcome: turn, keys: [expect.any(String)], waits: [] });
  });

  it('is given up after four requests, with what the last one came to', async () => {
    expect(await sendTo(brokenOff, brokenOff, brokenOff, brokenOff)).toMatchObject({ outcome: brokenOff, waits: [] });
    const { outcome, keys } = await sendTo(underWay, underWay, underWay, underWay);
    expect(outcome).toBe(underWay);
    expect(keys).toHaveLength(4);
  });
});
