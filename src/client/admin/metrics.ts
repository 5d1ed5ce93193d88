import type { Session } from '#client/session/session.ts';
import { expectStatus } from '../problem.ts';

/**
 * The sum of a counter over all its labels, from the metrics of an admin listener.
 *
 * @param options.url of the admin listener
 * @param options.session shows the client certificate of an operator
 * @param options.name as Prometheus has it; one that was never counted is not there yet, and is 0
 * @throws AppError `unexpected-answer`
 */
export const readCounter = async (options: { readonly url: string; readonly session: Session; readonly name: string }): Promise<number> => {
  const answer = await options.session.get(new URL('/metrics', options.url).href);
  const lines = expectStatus(answer, 200, 'GET /metrics').text.split('\n');
  const values = lines.flatMap((line) => {
    const [, name, value] = /^([a-z_]+)(?:\{.*\})? (\d+(?:\.\d+)?)$/.exec(line) ?? [];
    return name === options.name ? [Number(value)] : [];
  });
  return values.reduce((sum, value) => sum + value, 0);
};
