import type { DemoDataApi } from '#client/admin/demo-data.ts';
import type { DemoStateBody } from '#infra/demo-data/demo-data.routes.ts';
import { from, observed } from '#demo/evidence/taken.ts';
import type { StepContext, StepWork } from '#demo/step/step.ts';
import { removeLeftKeys } from '#demo/world/flow-keys.ts';
import { RESET_FIX } from '#demo/world/keys.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { repairInterrupted } from './repair.ts';
import { DEMO_SERVERS, runningServers } from './servers.ts';

/** Every planned server runs and holds the demo's tenants and its seed, whatever a visitor or an earlier run left. */
export const run: StepWork = async (context) => {
  const { engine, stack, services, check } = context;
  const planned = DEMO_SERVERS.filter((server) => services.includes(server));
  const running = (await runningServers(engine, stack)).map(({ server }) => server);
  const found = planned.filter((server) => running.includes(server));
  await check('servers', 'Servers that hold demo data run', planned, observed('the engine says which servers run', found));
  const tenants = await repairInterrupted(context);
  await seedMissing(context);
  if (planned.includes('kms')) await removeLeft(context);
  return tenants;
};

/** A visitor may have renamed a key of the seed: what is missing is added, the rest is left as it is. */
const seedMissing = async ({ engine, stack, check, warn }: StepContext): Promise<void> => {
  for (const admin of await runningServers(engine, stack)) {
    const { server } = admin;
    const before = await admin.state();
    const now = before.seeded ? before : await seedAnew(admin);
    if (!before.seeded && now.seeded) warn(`${server}: some of the demo data was missing, and has been added again`);
    await check(`${server}-seeded`, `${server} is seeded`, true, from(now).body('/seeded'));
  }
};

/** @throws AppError `seed-incomplete`, with the reset as its fix */
const seedAnew = async (admin: DemoDataApi): Promise<DemoStateBody> => {
  try {
    return await admin.seed();
  } catch (cause) {
    throw new AppError('seed-incomplete', 409, `${admin.server}: some of the demo data is missing and cannot be added`, {
      cause,
      fix: RESET_FIX,
    });
  }
};

/** A run that was killed could not delete the keys that its flows had made. */
const removeLeft = async ({ stack, warn }: StepContext): Promise<void> => {
  const left = await removeLeftKeys(stack);
  if (left > 0) warn(`kms: ${left} keys that an earlier run had left are deleted`);
};
