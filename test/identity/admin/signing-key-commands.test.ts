import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { randomUUIDv7 } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  type SigningKeyListDocument,
  signingKeyListSchema,
  type SigningKeyRotateDocument,
  signingKeyRotateSchema,
  type SigningKeyWithdrawDocument,
  signingKeyWithdrawSchema,
} from '#cli/documents/signing-key.ts';
import { main } from '#cli/main.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { ISSUER, startTestIdentity } from '#test/support/identity.ts';
import { writeOperatorFiles } from '#test/support/operator-files.ts';

const TWO_HOURS = 2 * 3_600_000;

/** An Identity whose clock can be set, and commands of an operator who asks it. */
const setup = async () => {
  let ahead = 0;
  const running = await startTestIdentity({ demo: false, now: () => Date.now() + ahead });
  const operator = await writeOperatorFiles(running, join(running.directory, 'operator'));
  const call = async (words: string, ...more: readonly string[]) => {
    const cli = fakeProcess({ cwd: running.directory, env: {} });
    await main([...`signing-key ${words} --operator ${operator} --url https://localhost:${running.adminPort}`.split(' '), ...more], cli);
    const code = process.exitCode;
    process.exitCode = 0;
    return { code, out: cli.written.out, err: cli.written.err };
  };
  const document = async <D>(words: string, schema: object): Promise<D> => {
    const { code, out, err } = await call(words, '--output', 'json');
    expect([code, err]).toEqual([0, '']);
    const read = JSON.parse(out) as D;
    expect(new Ajv2020({ formats: { uuid: true } }).compile(JSON.parse(JSON.stringify(schema)) as object)(read)).toBe(true);
    return read;
  };
  const published = async () => {
    const { keys } = (await (await running.fetch(`${ISSUER}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid);
  };
  return {
    call,
    document,
    published,
    wait: (ms: number) => void (ahead += ms),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
};

it('Commands of an operator list the signing keys of Identity, rotate them once verifiers know the next one, and withdraw one', async () => {
  await using test = await setup();
  const [active, next] = (await test.document<SigningKeyListDocument>('list', signingKeyListSchema)).keys;
  expect([active?.state, next?.state]).toEqual(['active', 'published']);

  const early = await test.call('rotate');
  expect([early.code, early.err]).toEqual([
    2,
    expect.stringMatching(/Verifiers may not have seen the next signing key yet[^]*Rotate again in/),
  ]);

  test.wait(TWO_HOURS);
  const rotated = await test.document<SigningKeyRotateDocument>('rotate', signingKeyRotateSchema);
  expect(rotated).toMatchObject({ active: next?.kid, retired: active?.kid });
  expect(await test.published()).toEqual([rotated.active, rotated.published, rotated.retired]);

  const withdrawn = await test.document<SigningKeyWithdrawDocument>(`withdraw ${rotated.active}`, signingKeyWithdrawSchema);
  expect(withdrawn).toMatchObject({ withdrawn: rotated.active, published: rotated.published });
  expect(await test.published()).toEqual([withdrawn.active, rotated.published, rotated.retired]);

  const wrong = await test.call('withdraw first');
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('<kid> must be a UUIDv7 in lower case')]);
  const unknown = await test.call(`withdraw ${randomUUIDv7()}`);
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringMatching(/There is no signing key[^]*passthru signing-key list/)]);
});
