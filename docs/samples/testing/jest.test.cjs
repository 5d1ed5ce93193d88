const { startStack } = require('passthru/testing');

describe('My service', () => {
  let stack;
  beforeAll(async () => {
    stack = await startStack({ engine: 'embedded' });
  }, 120_000);
  afterAll(() => stack?.stop(), 60_000);

  it('is refused without a token', async () => {
    const response = await stack.fetch(`${stack.kmsUrl}/elastic-keys`);
    expect(response.status).toBe(401);
  });
});
