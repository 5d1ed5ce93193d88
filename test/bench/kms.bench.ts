import { randomBytes } from 'node:crypto';
import { withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';
import type { Suite } from './suite.ts';

/** The KMS without its HTTP, on SQLite: what one operation costs once its key is in memory. */
export const kmsSuite: Suite = async () => {
  const databases = await withDatabases('sqlite');
  const kms = await testKms(databases);
  const { caller } = kms;
  const at = async (algorithm: Parameters<typeof kms.make>[0]) => (await kms.make(algorithm)).id;
  const [aes, es256, eddsa] = [await at('A256GCM/A256KW'), await at('ES256'), await at('EdDSA')];
  const plaintext = randomBytes(1024);
  const { jwe } = await kms.crypto.encrypt(caller, aes, { plaintext });
  const { jws } = await kms.crypto.sign(caller, es256, { payload: plaintext });
  return {
    tasks: {
      'kms encrypt 1 KiB, A256GCM under A256KW': () => kms.crypto.encrypt(caller, aes, { plaintext }),
      'kms decrypt 1 KiB, A256GCM under A256KW': () => kms.crypto.decrypt(caller, aes, { jwe }),
      'kms sign 1 KiB, ES256': () => kms.crypto.sign(caller, es256, { payload: plaintext }),
      'kms verify 1 KiB, ES256': () => kms.crypto.verify(caller, es256, { jws }),
      'kms sign 1 KiB, EdDSA': () => kms.crypto.sign(caller, eddsa, { payload: plaintext }),
      'kms create an elastic key, committed': () => kms.make('A256GCM/A256KW'),
    },
    [Symbol.asyncDispose]: () => databases[Symbol.asyncDispose](),
  };
};
