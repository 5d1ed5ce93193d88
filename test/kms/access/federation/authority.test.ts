import { expect, it } from 'vitest';
import { speaksFor } from '#kms/access/federation/authority.ts';

it('An issuer speaks for the tenants that it names, exactly; for all others where it says so; or for all', () => {
  const all = [['acme', 'initech'], 'others', ['umbrella']] as const;
  const tenants = ['acme', 'initech', 'umbrella', 'hooli', 'ACME', 'acme ', 'others', '*'];
  const spokenFor = (of: (typeof all)[number] | '*') => tenants.filter(speaksFor(of, all));
  expect(spokenFor(all[0])).toEqual(['acme', 'initech']);
  expect(spokenFor(all[2])).toEqual(['umbrella']);
  expect(spokenFor('others')).toEqual(['hooli', 'ACME', 'acme ', 'others', '*']);
  expect(spokenFor('*')).toEqual(tenants);
});
