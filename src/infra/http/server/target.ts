import { AppError } from '#infra/apperr/app-error.ts';
import { pairsOf } from '../request/form.ts';

/**
 * Octets of a request target: what every recipient takes at least, and far below what a header may have here.
 *
 * @see RFC 9112 section 3
 */
export const MAX_TARGET = 8_000;

/**
 * Refuses a target that is too long, or whose query is not percent-encoded UTF-8: readers of queries take such bytes as they stand, or
 * replace them.
 *
 * @throws AppError `target-too-long` 414, `bad-url` 400, `form-not-utf8` 400
 */
export const checkTarget = ({ url = '/' }: { readonly url?: string | undefined }): void => {
  if (url.length > MAX_TARGET) {
    throw new AppError('target-too-long', 414, `The path and query of the request are longer than ${MAX_TARGET} octets.`, {
      fix: 'Send shorter parameters, or fewer.',
    });
  }
  if (/[^\x21-\x7e]/.test(url)) {
    throw new AppError('bad-url', 400, 'The request target holds bytes that are not ASCII.', {
      fix: 'Percent-encode them as UTF-8.',
    });
  }
  const query = url.indexOf('?');
  if (query !== -1 && url.includes('%', query)) pairsOf(url.slice(query + 1), 'query');
};
