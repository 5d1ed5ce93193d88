import { AppError } from '#infra/apperr/app-error.ts';
import type { Answer, CallName, Calls, Request } from '../protocol.ts';
import { failedFrom } from './failed-from.ts';

/** The acts of one stack, by the names of the protocol. */
export type Acts = { readonly [N in CallName]: (params: Calls[N]['params']) => Promise<Calls[N]['result']> };

export interface HoldOptions {
  /** One request a line; its end says that nobody needs the stack any more. */
  readonly lines: AsyncIterable<string>;
  readonly acts: Acts;
  readonly send: (answer: Answer) => void;
  /** Called at the end of the requests, while one of them may be at work: it is not needed any more. */
  readonly onEnd: () => void;
}

/** Does what it is asked, one act after the other, and resolves when the requests have ended and the last act is over. */
export const hold = async ({ lines, acts, send, onEnd }: HoldOptions): Promise<void> => {
  let turn: Promise<void> = Promise.resolve();
  const answer = async (request: Request): Promise<void> => {
    try {
      send({ id: request.id, result: await act(acts, request) });
    } catch (thrown) {
      send({ id: request.id, failed: failedFrom(thrown) });
    }
  };
  for await (const line of lines) {
    const request = JSON.parse(line) as Request;
    turn = turn.then(() => answer(request));
  }
  onEnd();
  await turn;
};

const act = <N extends CallName>(
  acts: Acts,
  { call, params }: { readonly call: N; readonly params: Calls[N]['params'] },
): Promise<Calls[N]['result']> => {
  if (!Object.hasOwn(acts, call)) throw new AppError('call-unknown', 400, `a holder knows no call ${String(call)}`);
  return acts[call](params);
};
