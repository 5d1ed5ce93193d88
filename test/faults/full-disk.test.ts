import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missingIs } from '#infra/apperr/system-error.ts';
import { type DemoPlace, demoPlace } from '#test/support/cli.ts';
import { canMount, smallDisk, type SmallDisk } from '#test/support/small-disk.ts';

let disk: SmallDisk;
let place: DemoPlace;

describe.runIf(await canMount())('On a full disk', () => {
  beforeEach(async () => {
    disk = await smallDisk(24);
    place = await demoPlace('embedded', disk.path);
  });
  afterEach(async () => {
    await disk.free();
    await place[Symbol.asyncDispose]();
    await disk[Symbol.asyncDispose]();
  }, 60_000);

  it.each([
    ['down', true],
    ['down --volumes', false],
  ])(
    '%s stops every service, and leaves no lock behind',
    async (command, keepsData) => {
      expect((await place.run('demo', 'kms')).code).toBe(0);
      await disk.fill();
      const down = await place.run(...command.split(' '), '--output', 'json');
      expect([down.code, down.stderr]).toEqual([0, '']);
      const left = await readdir(place.stateDir).catch(missingIs<string[]>([]));
      expect(left.filter((name) => name.startsWith('lock'))).toEqual([]);
      expect(left.includes('data')).toBe(keepsData);
      expect(left.length > 0).toBe(keepsData);
      const status = await place.run('status', '--output', 'json');
      const { services } = JSON.parse(status.stdout) as { services: readonly { state: string; pid: number | null }[] };
      expect(services.map(({ state, pid }) => [state, pid])).toEqual(Array.from({ length: 3 }, () => ['down', null]));
    },
    120_000,
  );
});
