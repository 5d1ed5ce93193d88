import { keysOfProcess } from '../../support/keys-of-process.ts';

/**
 * A process that makes and rotates elastic keys until it is killed. It is opened by its standard input and writes one line for each write
 * that was acknowledged: `<elastic key id> <latest version>`.
 */
const keys = await keysOfProcess();
const caller = keys.caller();
const acknowledge = (id: string, version: number) => process.stdout.write(`${id} ${version}\n`);

await Promise.all(
  [1, 2].map(async (writer) => {
    for (let index = 0; ; index += 1) {
      const { id } = await keys.elasticKeys.create(caller, { name: `key-${writer}-${index}`, algorithm: 'A256GCM/A256KW' });
      acknowledge(id, 1);
      acknowledge(id, (await keys.materialKeys.rotate(caller, id)).version);
    }
  }),
);
