import type { Session } from '#client/session/session.ts';
import { expectStatus } from '../problem.ts';

/**
 * Deletes keys that flows of the demo made in the KMS, over its admin listener.
 *
 * @param options.url of the admin listener
 * @param options.session shows the client certificate of an operator
 * @param options.name of the one to delete; all of them where absent
 * @returns how many there were
 * @throws AppError `unexpected-answer`
 */
export const removeFlowKeys = async (options: {
  readonly url: string;
  readonly session: Session;
  readonly name?: string;
}): Promise<number> => {
  const url = new URL('/admin/v1/demo/flow-keys', options.url);
  if (options.name !== undefined) url.searchParams.set('name', options.name);
  const answer = await options.session.request({ method: 'DELETE', url });
  return expectStatus(answer, 200, 'kms: DELETE /admin/v1/demo/flow-keys').json<{ removed: number }>().removed;
};
