import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusDocument } from '#cli/documents/status.ts';
import type { Report } from '#demo/report.ts';
import { type CliResult, type DemoPlace, demoPlace } from '#test/support/cli.ts';
import { containersOf, docker, leftoversOf, secretsOf } from '#test/support/docker-stack.ts';
import { dockerEngine } from '#test/support/docker.ts';

const SCHEMA = join(import.meta.dirname, '../../docs/schemas/demo-report.schema.json');
/** The first run builds the images where they are missing. */
const WITH_BUILD = 600_000;
const LONG = 180_000;
const PARTS = ['identity-postgres', 'kms-postgres', 'telemetry', 'identity', 'kms'];

/** One stack, on which the demos of the file run one after the other: what a test says of it holds after all before it. */
describe.runIf(await dockerEngine())('passthru on Docker', () => {
  let place: DemoPlace;
  beforeAll(async () => {
    place = await demoPlace('docker');
  });
  afterAll(() => place?.[Symbol.asyncDispose](), LONG);

  const passed = ({ code, stdout, stderr }: CliResult): Report => {
    if (stdout === '') throw new Error(stderr);
    const report = JSON.parse(stdout) as Report;
    expect(report.steps.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect([code, report.outcome, report.engine]).toEqual([0, 'passed', 'docker']);
    return report;
  };
  const demo = async (what: string): Promise<Report> => passed(await place.run('demo', what, '--output', 'json'));
  const status = async (): Promise<{ code: number | null; document: StatusDocument }> => {
    const { code, stdout } = await place.run('status', '--output', 'json');
    return { code, document: JSON.parse(stdout) as StatusDocument };
  };
  /** Without the second Identity, whose container is made with the first one and runs for one step of `demo all`. */
  const partsOfStack = async () => (await containersOf(place)).filter(({ service }) => service !== 'partner');
  const services = async (): Promise<readonly string[]> => (await partsOfStack()).map(({ service }) => service);

  it(
    'demo identity passes, and brings up Identity, its database and telemetry only',
    async () => {
      const report = await demo('identity');
      expect(report.steps.some(({ phase }) => phase === 'kms')).toBe(false);
      expect(await services()).toEqual(['identity', 'identity-postgres', 'telemetry']);
      const { code, document } = await status();
      expect([code, document.ready]).toEqual([0, true]);
      expect(document.services.map(({ service, state }) => `${service} ${state}`)).toEqual([
        'identity-postgres ready',
        'kms-postgres down',
        'telemetry ready',
        'identity ready',
        'kms down',
      ]);
    },
    WITH_BUILD,
  );

  it(
    'demo kms passes beside it, and leaves what ran already as it was',
    async () => {
      const before = await partsOfStack();
      await demo('kms');
      const after = await partsOfStack();
      expect(after.map(({ service }) => service)).toEqual(PARTS.toSorted());
      expect(after).toEqual(expect.arrayContaining([...before]));
    },
    LONG,
  );

  it(
    'demo all passes and re-creates and restarts no container; its document validates against the published schema',
    async () => {
      const before = await partsOfStack();
      const report = await demo('all');
      expect(await partsOfStack()).toEqual(before);
      const validate = new Ajv2020({ allErrors: true, validateFormats: false }).compile(
        JSON.parse(await readFile(SCHEMA, 'utf8')) as object,
      );
      validate(report);
      expect(validate.errors).toBeNull();
    },
    LONG,
  );

  it('status calls every part ready, without flags but the state folder, and logs has lines of each', async () => {
    const { code, document } = await status();
    expect([code, document.services.map(({ service }) => service)]).toEqual([0, PARTS]);
    expect(document.services.filter(({ state }) => state !== 'ready')).toEqual([]);
    for (const part of PARTS) {
      const logs = await place.run('logs', part, '--tail', '3');
      expect([part, logs.code, logs.stdout.trim().split('\n').length > 0 && logs.stdout !== '']).toEqual([part, 0, true]);
    }
  });

  it(
    'reset-demo leaves exactly the seed, under new tenant ids, and the next demo passes',
    async () => {
      const tenants = (report: Report) => report.credentials.map(({ tenant_id }) => tenant_id);
      const before = tenants(await demo('all'));
      const reset = passed(await place.run('reset-demo', '--output', 'json'));
      expect(tenants(reset).filter((id) => before.includes(id))).toEqual([]);
      await demo('all');
    },
    LONG,
  );

  it('shows no secret in docker inspect of any container, nor in any image or its history', async () => {
    const containers = await containersOf(place);
    const images = JSON.parse(
      await docker('inspect', '--format', '{{json .Image}}', ...containers.map(({ id }) => id)).then(asArray),
    ) as string[];
    const shown = [
      await docker('inspect', ...containers.map(({ id }) => id)),
      await docker('image', 'inspect', ...images),
      ...(await Promise.all(images.map((image) => docker('history', '--no-trunc', '--format', '{{.CreatedBy}} {{.Comment}}', image)))),
    ].join('\n');
    // The text that is searched does hold environments and commands.
    expect(['POSTGRES_PASSWORD_FILE=', 'USER 1000:1000', 'XDG_CACHE_HOME=/app/.cache'].filter((text) => !shown.includes(text))).toEqual([]);
    const secrets = await secretsOf(place);
    expect(secrets.size).toBeGreaterThan(20);
    for (const [name, secret] of secrets) {
      expect(secret.length, name).toBeGreaterThanOrEqual(16);
      expect(shown.includes(secret), `${name} can be read`).toBe(false);
    }
  });

  it(
    'down keeps the data alone, and the next demo finds it; down --volumes leaves nothing',
    async () => {
      const before = (await demo('identity')).credentials.map(({ tenant_id }) => tenant_id);
      const down = await place.run('down');
      expect([down.code, down.stdout]).toEqual([
        0,
        'Stopped kms, identity, telemetry, kms-postgres, identity-postgres; data stay, --volumes removes them\n',
      ]);
      const left = await leftoversOf(place);
      expect(left.length).toBeGreaterThan(0);
      expect(left.filter((name) => !name.startsWith('volume '))).toEqual([]);
      expect((await demo('identity')).credentials.map(({ tenant_id }) => tenant_id)).toEqual(before);
      expect((await place.run('down', '--volumes')).code).toBe(0);
      expect(await leftoversOf(place)).toEqual([]);
    },
    LONG,
  );
});

/** One JSON value a line, as one list. */
const asArray = (lines: string): string => `[${lines.trim().split('\n').join(',')}]`;
