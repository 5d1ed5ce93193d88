import { parseSync } from 'oxc-parser';

/** A node of the syntax tree, by ESTree and its extension for TypeScript. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

/**
 * Every node of a file of TypeScript or JavaScript, in no order.
 *
 * @throws SyntaxError for a text that does not parse
 */
export const readSyntax = function* (file: string, text: string): Generator<Node> {
  const { program, errors } = parseSync(file, text);
  if (errors[0] !== undefined) throw new SyntaxError(`${file}: ${errors[0].message}`);
  const pending: unknown[] = [program];
  while (pending.length > 0) {
    const next = pending.pop();
    if (Array.isArray(next)) pending.push(...(next as unknown[]));
    else if (isNode(next)) {
      yield next;
      pending.push(...Object.values(next));
    }
  }
};
