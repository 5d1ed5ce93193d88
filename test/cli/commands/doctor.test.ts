import { once } from 'node:events';
import { createServer } from 'node:net';
import { chmod, chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it } from 'vitest';
import { type DoctorDocument, doctorSchema } from '#cli/documents/doctor.ts';
import { main } from '#cli/main.ts';
import { doctorLines } from '#cli/reporters/lines/doctor-lines.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

afterEach(() => {
  process.exitCode = 0;
});

const run = async (cwd: string, line: string) => {
  const cli = fakeProcess({ cwd });
  await main(line.split(' '), cli);
  const code = process.exitCode;
  return { code, ...cli.written };
};

describe('passthru doctor', () => {
  it('ends with 0 where a demo would go well, with 1 where a port is held, and leaves nothing behind', async () => {
    await using folder = await temporaryDirectory();
    const { kms, identity } = await reservePorts();
    const flags = `--engine embedded --port-kms ${kms} --port-identity ${identity}`;
    const well = await run(folder.path, `doctor ${flags}`);
    expect(well).toMatchObject({ code: 0, err: '' });
    expect(well.out).toMatch(/^✓ Ports {2,}free/m);
    expect(well.out).toMatch(/^- Images {2,}not checked: the embedded engine needs none$/m);
    expect(well.out).toMatch(/\n\nNothing stands in the way of a demo.*\n$/);

    const holder = createServer().listen(kms, '127.0.0.1');
    await once(holder, 'listening');
    const [ill, quiet, json] = [
      await run(folder.path, `doctor ${flags}`),
      await run(folder.path, `doctor -q ${flags}`),
      await run(folder.path, `doctor --output json ${flags}`),
    ];
    holder.close();
    expect([ill.code, quiet.code, json.code]).toEqual([1, 1, 1]);
    expect(ill.out).toMatch(new RegExp(`^✗ Ports {2,}port ${kms} of kms is held by .*\n +fix  Stop the holder`, 'm'));
    expect(quiet.out).toContain('✗ Ports');
    expect(quiet.out).not.toContain('✓');
    const document = JSON.parse(json.out) as DoctorDocument;
    const validate = new Ajv2020().compile(JSON.parse(JSON.stringify(doctorSchema)) as object);
    expect(validate(document) || validate.errors).toBe(true);
    expect(document).toMatchObject({ command: 'doctor', exit_code: 1 });
    expect(document.checks.filter(({ result }) => result === 'fault').map(({ id }) => id)).toEqual(['ports']);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('finds the port of the second Identity held, which a demo starts, with a fix for whichever flags were given', async () => {
    await using folder = await temporaryDirectory();
    const { kms, identity } = await reservePorts();
    const partner = createServer().listen(identity + 3000, '127.0.0.1');
    await once(partner, 'listening');
    const { code, out } = await run(folder.path, `doctor --engine embedded --port-kms ${kms} --port-identity ${identity}`);
    partner.close();
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`^✗ Ports {2,}port ${identity + 3000} of the second Identity is held by `, 'm'));
    expect(out).toMatch(/another\s+--port-base, or --port-kms and --port-identity/);
  });

  it('looks at no port where the start chooses free ones', async () => {
    await using folder = await temporaryDirectory();
    const { out } = await run(folder.path, 'doctor --engine embedded --port-base 0');
    expect(out).toMatch(/^- Ports {2,}not checked: the start chooses free ones$/m);
  });

  it.runIf(process.getuid?.() === 0)('names the fault of a state folder that is refused, and carries out the other checks', async () => {
    await using folder = await temporaryDirectory();
    const stateDir = join(folder.path, '.passthru');
    await mkdir(stateDir);
    await chown(stateDir, 54_321, 54_321);
    const others = await run(folder.path, 'doctor --engine embedded');
    expect([others.code, others.err]).toEqual([1, '']);
    expect(others.out).toMatch(/^✗ State folder {2,}the state folder .* belongs to another user \(uid 54321\)$/m);
    expect(others.out).toMatch(/^- Lock {2,}not checked: the state folder cannot be used/m);
    expect(others.out).toMatch(/^. Memory {2,}.* available/m);
    expect(others.out).toMatch(/^A demo would fail: 1 fault/m);
    await chown(stateDir, 0, 0);
    await chmod(stateDir, 0o777);
    const open = await run(folder.path, 'doctor --engine embedded');
    expect([open.code, open.out]).toEqual([1, expect.stringMatching(/^✗ State folder {2,}other users can write to/m)]);
  });

  it('breaks its lines at the edge of a terminal, below the text', () => {
    const { paintOut: paint } = createTerminal(fakeProcess({ cwd: '/' }));
    const found = [
      { id: 'a', title: 'Disk', finding: { result: 'fault' as const, text: 'one two three four', fix: 'five six seven' } },
      { id: 'b', title: 'Localhost', finding: { result: 'warning' as const, text: 'eight', fix: '' } },
    ];
    expect(doctorLines(found, { paint, width: 26, onlyBad: false })).toEqual([
      '✗ Disk       one two three',
      '             four',
      '             fix  five six',
      '                  seven',
      '! Localhost  eight',
      '',
      'A demo would fail: 1 fault (1 warning).',
    ]);
  });
});
