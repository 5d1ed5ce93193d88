import { expect, it } from 'vitest';
import { doorsFor } from '#engine/doors.ts';

/** For documentation only: no machine has it. @see RFC 5737 */
const NOWHERE = '192.0.2.1';

it('A stack listens on the addresses among its names that this machine has, and says which it has not', async () => {
  const warnings: string[] = [];
  const { all, local } = await doorsFor(['kms.test', '127.0.0.2', '127.0.0.1', NOWHERE], (text) => void warnings.push(text));
  expect(all.filter((address) => address !== '::1')).toEqual(['127.0.0.2']);
  expect(local).toEqual(all);
  expect(warnings).toEqual([`this machine does not have the address ${NOWHERE}: the certificates name it, and nothing listens there`]);
});
