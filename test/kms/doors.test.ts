import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isNode, type Node, readSyntax } from '#test/support/syntax.ts';

const KMS = join(import.meta.dirname, '../../src/kms');

const nameOf = (node: unknown): unknown => (isNode(node) ? (node['name'] ?? node['value']) : null);

/** Whether a node takes the member out of an object: `of.member`, `of['member']` or `const { member } = of`. */
const takes = (node: Node, member: string): boolean => {
  if (node.type === 'MemberExpression') return nameOf(node['property']) === member && nameOf(node['object']) !== 'config';
  if (node.type !== 'ObjectPattern') return false;
  return (node['properties'] as unknown[]).some((property) => isNode(property) && nameOf(property['key']) === member);
};

const takesIn = (file: string, text: string, member: string): boolean => readSyntax(file, text).some((node) => takes(node, member));

/** Files of the KMS that take a member of this name out of an object. */
const filesTaking = async (member: string): Promise<readonly string[]> => {
  const files = (await readdir(KMS, { recursive: true })).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(100);
  const taking = await Promise.all(
    files.map(async (file) => (takesIn(file, await readFile(join(KMS, file), 'utf8'), member) ? [file] : [])),
  );
  return taking.flat().toSorted();
};

describe('In the KMS', () => {
  it('nobody takes the database of a tenant but the door, the key ring below it, and who makes or finds that database', async () => {
    expect(await filesTaking('database')).toEqual([
      // Finds out who asks, before there is a caller for the door.
      'access/api-keys/credential/api-key-realm.ts',
      // Writes when API keys were used last, which decides nothing.
      'access/api-keys/credential/last-uses.ts',
      // That of the audit, which is none of a tenant's.
      'audit/chain/chain-writer.ts',
      'audit/close-chains.ts',
      'audit/export.ts',
      'audit/reading/create-audit-entries.ts',
      // Deletes keys of the demo's own flows, which are in no use any more, for operators.
      'demo/flow-keys.ts',
      // Removes keys of requests that are over; they decide nothing any more.
      'idempotency/forget-keys.ts',
      // The door's look at the row of a key, for a caller with scopes for single keys.
      'keys/admission/admission.ts',
      // Removes grants that have expired, which the door takes for none already.
      'keys/grants/forget-grants.ts',
      // The door's look at the grants of a caller without the scope.
      'keys/grants/held-grants.ts',
      // Looks at the grants of a user before he gets a password, which is changed in the database of the service.
      'keys/grants/lent-rights.ts',
      'keys/key-ring/create-key-ring.ts',
      // A reserved block counts as used even where the act fails: it is never part of a transaction.
      'keys/key-ring/protection-counter.ts',
      // Looks which keys are due; each is destroyed through the door.
      'keys/life-cycle/destroy-due-keys.ts',
      'keys/life-cycle/erase-destroyed-keys.ts',
      // An act that administers finds the database of the service with that of its tenant.
      'keys/operations/administration.ts',
      'keys/operations/operate.ts',
      // Wraps secrets anew under a newer content key: what they are and may do stays.
      'keys/rewrapping/rewrap-tenant.ts',
      // Looks which keys are due; each is rotated through the door.
      'keys/rotation/rotate-due-keys.ts',
      // Removes transport keys that have expired, which the door takes for none already.
      'keys/transfer/forget-transport-keys.ts',
      'tenants/create-directory.ts',
      // A tenant without keys has its database all the same.
      'tenants/prepare-tenants.ts',
    ]);
  });

  it('nobody opens a transaction of a tenant but the door; all others are of the databases of the service and the audit', async () => {
    expect(await filesTaking('transaction')).toEqual([
      'access/sessions/create-sessions.ts',
      'admin/tenants.service.ts',
      'audit/chain/chain-writer.ts',
      'audit/close-chains.ts',
      'barrier/hierarchy/establish.ts',
      'barrier/hierarchy/rotate.ts',
      'demo/create-seeding.ts',
      // Of a tenant of the demo: see above.
      'demo/flow-keys.ts',
      // For a write outside of a transaction: a row and the ledger that lists it change together.
      'integrity/create-database-rows.ts',
      // Of whoever opens one: it ends with the ledger.
      'integrity/with-ledger.ts',
      'keys/operations/commit.ts',
      // Once, before anything is served: it tags rows from before rows were authenticated.
      'tenants/adopt-rows.ts',
      'tenants/prepare-tenants.ts',
      'tenants/sweep.ts',
    ]);
    expect(await filesTaking('startTransaction')).toEqual([]);
  });

  it('nobody unwraps a key but the key ring, and its own transport key the import', async () => {
    expect(await filesTaking('unwrap')).toEqual([
      'keys/key-ring/create-key-ring.ts',
      // The operation of this name, which goes through the door.
      'keys/operations/cryptography.ts',
      // A transport key, which opens what is imported and goes then.
      'keys/transfer/import-key.ts',
    ]);
  });

  it.each([
    'await caller.tenant.database();',
    'const { database } = caller.tenant;',
    'const { database: open } = caller.tenant;',
    "await caller.tenant['database']();",
    'await caller?.tenant?.database();',
  ])('such a place is seen however it is written: %s', (line) => {
    expect(takesIn('line.ts', line, 'database')).toBe(true);
  });
});
