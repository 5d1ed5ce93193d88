import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startStack } from 'passthru/testing';

describe('My service', () => {
  let stack;
  before(async () => {
    stack = await startStack({ engine: 'embedded' });
  });
  beforeEach(() => stack.restore());
  after(() => stack?.stop());

  it('opens what it sealed', async () => {
    const token = await stack.token({ username: 'demo-user', scope: 'openid kms:crypto' });
    const ask = async (operation, body) => {
      const response = await stack.fetch(`${stack.kmsUrl}/elastic-keys/demo-encryption-key/${operation}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return response.json();
    };
    const { ciphertext } = await ask('encrypt', { plaintext: 'aGVsbG8' });
    assert.equal((await ask('decrypt', { ciphertext })).plaintext, 'aGVsbG8');
  });
});
