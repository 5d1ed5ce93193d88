import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type TestStack } from 'passthru/testing';

describe('My service', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startStack({ engine: 'embedded' });
  }, 120_000);
  afterAll(() => stack?.stop(), 60_000);

  const myKeys = async (): Promise<readonly string[]> => {
    const authorization = `Bearer ${await stack.token({ client: 'demo-confidential-client' })}`;
    const response = await stack.fetch(`${stack.kmsUrl}/elastic-keys`, { headers: { authorization } });
    const { items } = (await response.json()) as { items: { name: string }[] };
    return items.map(({ name }) => name);
  };

  it('sees the keys of the demo', async () => {
    expect(await myKeys()).toContain('demo-signing-key');
  });
});
