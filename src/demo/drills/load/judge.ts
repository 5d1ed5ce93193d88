import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf } from '#client/kms/kms.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import type { Known } from './ledger.ts';

/**
 * The outcomes that a caller may see beside success at this moment, each as a check would print it: `503 identity-unavailable`, or all of a
 * status: `503`; `no answer` is a connection that is refused or breaks off, `no answer in time` one that says nothing for as long as its caller waits. Null: nothing is
 * broken, so nothing but success.
 */
export type Weather = readonly string[] | null;

/** The outcome of one request. */
export type Came =
  | { readonly kind: 'success'; readonly answer: HttpsResponse }
  | { readonly kind: 'answer'; readonly answer: HttpsResponse }
  | { readonly kind: 'none'; readonly error: unknown };

/** Holds outcomes against what may come. */
export interface Judge {
  /** Makes a request; whatever may not come is a finding. */
  readonly request: (act: string, work: () => Promise<HttpsResponse>) => Promise<Came>;
  /** How often each outcome came. */
  readonly counts: ReadonlyMap<string, number>;
}

export interface JudgeOptions {
  readonly weather: () => Weather;
  readonly finding: (text: string) => void;
}

/** Outages that nobody can say the end of. */
const WITHOUT_RETRY = ['database-full', 'database-corrupt', 'database-missing'];

export const createJudge = ({ weather, finding }: JudgeOptions): Judge => {
  const counts = new Map<string, number>();
  return {
    counts,
    request: async (act, work) => {
      const before = weather();
      const came: Came = await work().then(
        (answer) => ({ kind: answer.status >= 200 && answer.status < 300 ? 'success' : 'answer', answer }),
        (error: unknown) => ({ kind: 'none', error }),
      );
      const after = weather();
      const what = outcomeText(came);
      counts.set(what, (counts.get(what) ?? 0) + 1);
      if (came.kind === 'success') return came;
      const isAllowed = [...(before ?? []), ...(after ?? [])].some((each) => covers(each, what));
      const isLimit = came.kind === 'answer' && came.answer.status === 429;
      if (came.kind === 'answer') for (const text of wrongForm(came.answer, act)) finding(`${act}: ${text}`);
      if (isLimit) await sleep(1_000);
      else if (!isAllowed)
        finding(`${act}: ${what}${before === null && after === null ? ' while nothing was broken' : ''}${detailOf(came)}`);
      return came;
    },
  };
};

/** As `Weather` words it. */
export const outcomeText = (came: Came): string => {
  if (came.kind !== 'none') return answerOf(came.answer);
  const { error } = came;
  if (!(error instanceof AppError)) return `no answer (${String(error)})`;
  return error.code === 'timed-out' ? 'no answer in time' : 'no answer';
};

const covers = (allowed: string, what: string): boolean => what === allowed || (/^\d+$/.test(allowed) && what.startsWith(`${allowed} `));

const detailOf = (came: Came): string => {
  if (came.kind !== 'none') return `: ${came.answer.text.slice(0, 200)}`;
  return came.error instanceof Error ? `: ${came.error.message}` : '';
};

/** An answer that is no success is Problem Details (an OAuth error of Identity is not), and one to come back later says when. */
const wrongForm = ({ status, headers, text }: HttpsResponse, act: string): readonly string[] => {
  const isProblem = headers['content-type']?.startsWith('application/problem+json') === true;
  const retry = headers['retry-after'];
  const saysWhen = retry !== undefined && Number(retry) <= 60;
  const asksBack = status === 429 || (status === 503 && !WITHOUT_RETRY.some((code) => text.includes(`"${code}"`)));
  return [
    ...(isProblem || act.startsWith('token') ? [] : [`${status} is no Problem: ${text.slice(0, 200)}`]),
    ...(asksBack && !saysWhen ? [`${status} with Retry-After ${retry ?? 'missing'}: ${text.slice(0, 200)}`] : []),
  ];
};

/** The possible effect of a write that was not acknowledged: an answer below 500 says that nothing happened. */
export const knownOf = (came: Came): Known => {
  if (came.kind === 'success') return 'acknowledged';
  return came.kind === 'answer' && came.answer.status < 500 ? 'refused' : 'unknown';
};
