import { expect, it } from 'vitest';
import { guide } from '#test/prod/guide.ts';

it('A guide names each block of commands that was not run, but for those that say why no test can and those of another test', async () => {
  const { left } = await guide({ file: 'production.md', replaced: {}, env: {} });
  const all = left([]);
  expect(all).toContainEqual(expect.stringMatching(/^npx passthru prepare --profile prod --issuer /));
  expect(all.filter((line) => line.startsWith('docker swarm init'))).toEqual([]);
  expect(all).toContain('export PASSTHRU_TAG=0.2.0');
  expect(left(['Updates'])).not.toContain('export PASSTHRU_TAG=0.2.0');
});
