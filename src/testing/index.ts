/**
 * `passthru/testing`: a stack of its own for a test suite.
 *
 *     await using stack = await startStack();
 *     const token = await stack.token({ username: 'demo-user' });
 *     const answer = await stack.fetch(`${stack.kmsUrl}/elastic-keys`, { headers: { authorization: `Bearer ${token}` } });
 *
 * This folder runs in the process of a test runner, which may be a Node of version 20 and may take CommonJS only: it imports nothing but
 * Node's own modules, and starts a holder (holder/) on the Node that comes with the package.
 */
export { PassthruContainer } from './passthru-container.ts';
export { StackError } from './stack-error.ts';
export { startStack } from './start-stack.ts';
export type { Client, Credential, LogLine, LogOptions, ServiceName, StartOptions, TestStack, TokenOptions } from './test-stack.ts';
