import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectOf } from '#engine/docker/project/project.ts';
import { ROOT } from '#test/support/engine.ts';
import { PORTS } from '#test/support/mounts.ts';

describe('The project of a state folder', () => {
  it('is named as docs/deployments.md says, and not as that of plain Compose', async () => {
    const { name } = projectOf({
      stateDir: '/srv/a',
      portKms: PORTS.kms,
      portIdentity: PORTS.identity,
      packageRoot: ROOT,
      profile: 'demo',
    });
    expect(name).toMatch(/^passthru-[0-9a-f]{8}$/);
    expect(await readFile(join(ROOT, 'docs/deployments.md'), 'utf8')).toMatch(
      /`passthru-` and eight hexadecimal digits; `docker compose ls` shows it/,
    );
  });
});
