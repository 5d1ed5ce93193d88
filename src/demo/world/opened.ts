import { answered, from, same, type Taken } from '#demo/evidence/taken.ts';
import type { HttpsResponse } from '#infra/http/client.ts';

/** Whether an answer of `decrypt` shows the plaintext that a request to encrypt had sent; where it was refused, by which code. */
export const samePlaintext = (sealed: object, opened: HttpsResponse): Taken =>
  sameMember('the plaintext', from(sealed).sent('/plaintext'), { answer: opened, at: '/plaintext' });

/** Whether the member of an answer is that value, whose name is told and which is not; where it was refused, by which code. */
export const sameMember = (name: string, wanted: Taken, got: { readonly answer: HttpsResponse; readonly at: string }): Taken =>
  got.answer.status === 200 ? same(name, wanted, from(got.answer).body(got.at)) : answered(got.answer);
