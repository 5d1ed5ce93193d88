import { AppError } from '#infra/apperr/app-error.ts';

/** Fatal, and a byte order mark stays: what a request holds is refused, never repaired. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a request body.
 *
 * "Implementations of the decoding algorithm above MUST protect against decoding invalid sequences." A decoder that replaces them
 * would make one text of many, and authenticated data that differ would be the same.
 *
 * @throws AppError `body-not-utf8` 400
 * @see RFC 3629 section 3, RFC 8259 section 8.1
 */
export const textOf = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new AppError('body-not-utf8', 400, 'The request body is not valid UTF-8.', {
      cause,
      fix: 'Encode the text as UTF-8; send bytes that are no text as base64url.',
    });
  }
};
