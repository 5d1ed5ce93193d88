import { expect, it } from 'vitest';
import { isSchemaName, newSchemaName } from '#kms/database/schema-name.ts';

it('schema names depend on nothing that a caller sent', () => {
  const name = newSchemaName();
  expect(name).toMatch(/^t_[0-9a-f]{32}$/);
  expect(isSchemaName(name)).toBe(true);
  for (const other of ['t_x', `${name}"; drop schema public`, `${name}\n`, name.toUpperCase(), '../t_', 'service'])
    expect(isSchemaName(other)).toBe(false);
});
