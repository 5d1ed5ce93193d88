import { type Provider, Provider as CurrentProvider } from 'oidc-provider';
import { replaceMethod } from './replace-method.ts';

type FindByUserCode = (this: object, userCode: string, options?: object) => Promise<object | undefined>;

/** What a network pays for looking at codes, so that nobody tries them through. */
export interface CodeGuesses {
  /** Pays for one look. @throws AppError `too-many-attempts` 429 */
  pay(address: string): void;
  /** Gives the price of a look back that found a code. */
  giveBack(address: string): void;
}

/**
 * Makes each look for a code that a person has entered cost something, unless there is such a code.
 *
 * Why: oidc-provider looks as often as anybody enters one, and a code that a person can type can be guessed by a program.
 * Bends: `DeviceCode.findByUserCode`, which is called for nothing else, and `Provider.ctx`, the request under way; read in oidc-provider
 * 9.13.3 (lib/actions/code_verification.js, lib/models/device_code.js).
 * Held by: test/identity/provider/seams/user-codes.test.ts
 *
 * @see RFC 8628 section 5.1
 */
export const limitUserCodes = (provider: Provider, guesses: CodeGuesses): void => {
  replaceMethod<FindByUserCode>(
    provider.DeviceCode,
    'findByUserCode',
    (find) =>
      async function (this: object, userCode: string, options?: object) {
        const address = String(CurrentProvider.ctx?.state.peerAddress ?? '');
        guesses.pay(address);
        const found = await find.call(this, userCode, options);
        if (found !== undefined) guesses.giveBack(address);
        return found;
      },
  );
};
