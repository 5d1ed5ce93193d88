import { randomUUIDv7 } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { prepareProdSchema, type PrepareProdDocument } from '#cli/documents/prepare-prod.ts';
import { main } from '#cli/main.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const ISSUER = `https://${randomUUIDv7()}.example.test`;
const HOST = `${randomUUIDv7()}.example.test`;

const place = async () => {
  const folder = await temporaryDirectory();
  const run = async (line: string, env: Record<string, string> = {}) => {
    const cli = fakeProcess({ cwd: folder.path, env });
    await main(['prepare', ...line.split(' ')], cli);
    const code = process.exitCode;
    process.exitCode = 0;
    return { code, ...cli.written };
  };
  return { path: folder.path, run, [Symbol.asyncDispose]: folder[Symbol.asyncDispose] };
};

const valid = (text: string): PrepareProdDocument => {
  const document = JSON.parse(text) as PrepareProdDocument;
  const validate = new Ajv2020({ validateFormats: false }).compile(JSON.parse(JSON.stringify(prepareProdSchema)) as object);
  expect([validate(document), validate.errors]).toEqual([true, null]);
  return document;
};

describe('passthru prepare --profile prod', () => {
  it('says what it made, when certificates end, and how Compose starts it; again, that it kept everything', async () => {
    await using here = await place();
    const first = valid((await here.run(`--profile prod --issuer ${ISSUER} --host ${HOST} 10.1.2.3 --out prod --output json`)).out);
    expect(first).toMatchObject({ issuer: ISSUER, folder: join(here.path, 'prod'), renewed: [], kept: [], exit_code: 0 });
    expect(first.certificates.find(({ file }) => file === 'kms/secrets/kms.pem')).toMatchObject({
      names: expect.arrayContaining(['kms', 'localhost', HOST, '10.1.2.3']) as string[],
      state: 'good',
      lacks: [],
      own_authority: true,
    });
    for (const file of first.made) expect((await readFile(join(first.folder, file), 'utf8')).length).toBeGreaterThan(0);
    // The issuer has the port of https, so the balancer is published there.
    expect(first.next[0]).toMatch(
      /^PASSTHRU_MOUNTS=\S+\/prod PASSTHRU_PORT_IDENTITY=443 PASSTHRU_ADDRESS=0\.0\.0\.0 docker compose -p passthru /,
    );
    const second = await here.run('--out prod', { PASSTHRU_PROFILE: 'prod' });
    expect([second.code, second.err]).toEqual([0, '']);
    expect(second.out).toContain(`Kept          all ${first.made.length} files: nothing was missing\n`);
    expect(second.out).toMatch(/^Certificates  11, the first ends on \d{4}-\d\d-\d\d$/m);
    expect(second.out).toContain('Authority     prod/authority: ');
  });

  it('keeps the authority where --authority says', async () => {
    await using here = await place();
    await here.run(`--profile prod --issuer ${ISSUER} --out prod --authority vault`);
    expect(await readdir(join(here.path, 'vault/tls'))).toContain('ca');
    expect(await readdir(join(here.path, 'prod'))).not.toContain('authority');
  });

  it.each([
    ['--profile prod', 64, /--profile prod needs --out[^]*for example --out \/srv\/passthru/],
    ['--profile prod --out prod', 2, /issuer-missing[^]*--issuer https:\/\/id\.example\.org:8082/],
    ['--profile prod --out prod --issuer http://id.test', 64, /--issuer must be an https origin without a path/],
    ['--profile prod --out prod --issuer https://id.test/', 64, /--issuer must be an https origin without a path/],
    [`--profile prod --out prod --issuer ${ISSUER} --host https://kms.test`, 64, /--host must be names of hosts/],
    [`--profile prod --out prod --issuer ${ISSUER} --host 1.2.3`, 64, /--host must be names of hosts/],
    ['--authority vault', 64, /--authority is for --profile prod/],
    ['--renew', 64, /--renew is for --profile prod, and this is demo/],
    ['--out prod', 64, /--out is for --profile prod, and this is demo/],
  ])('%s is refused with the fix, and nothing is made', async (line, code, said) => {
    await using here = await place();
    const answer = await here.run(line);
    expect([answer.code, answer.out]).toEqual([code, '']);
    expect(answer.err.replaceAll(/\s+/g, ' ')).toMatch(said);
    expect((await readdir(here.path, { recursive: true })).filter((name) => /\.(pem|key|yml)$/.test(name))).toEqual([]);
  });
});
