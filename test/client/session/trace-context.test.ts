import { describe, expect, it } from 'vitest';
import { createSession, type AnsweredRequest } from '#client/session/session.ts';
import { newTrace } from '#client/session/trace-context.ts';

/** A session whose server answers with this, what it was sent, and what it tells of its requests. */
const sessionThatIsAnswered = (status: number, type: string, text: string) => {
  const [sent, told]: [(string | undefined)[], AnsweredRequest[]] = [[], []];
  const session = createSession({
    client: {
      request: async ({ headers }) => {
        sent.push(headers?.['traceparent']);
        return { status, headers: { 'content-type': type }, setCookies: [], text, json: <T>() => JSON.parse(text) as T };
      },
    },
    carrier: newTrace,
    onRequest: (request) => void told.push(request),
  });
  return { session, sent, told };
};

describe('A session that makes each request a trace of its own', () => {
  it('tells its id, and the code of a problem', async () => {
    const { session, sent, told } = sessionThatIsAnswered(401, 'application/problem+json; charset=utf-8', '{"code":"token-invalid"}');
    await session.get('https://localhost/');
    await session.get('https://localhost/');
    const ids = sent.map((traceparent) => /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(traceparent ?? '')?.[1]);
    expect(new Set(ids).size).toBe(2);
    expect(told).toMatchObject(ids.map((traceId) => ({ traceId, code: 'token-invalid' })));
  });

  it.each([
    ['application/json', '{"code":"x"}'],
    ['application/problem+json', 'cut off'],
    ['application/problem+json', '{"code":7}'],
  ])('tells no code of %s %s', async (type, text) => {
    const { session, told } = sessionThatIsAnswered(400, type, text);
    await session.get('https://localhost/');
    expect(told[0]).not.toHaveProperty('code');
  });
});
