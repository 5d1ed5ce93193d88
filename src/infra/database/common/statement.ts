import type { OperationNode, RootOperationNode } from 'kysely';

const OPERATIONS: Readonly<Record<string, string>> = {
  SelectQueryNode: 'select',
  InsertQueryNode: 'insert',
  UpdateQueryNode: 'update',
  DeleteQueryNode: 'delete',
  RawNode: 'raw',
};

const isNode = (value: unknown): value is OperationNode => typeof value === 'object' && value !== null && 'kind' in value;

/** The name of the first table below a node; aliases and lists of tables are looked through. */
const tableOf = (node: unknown): string | null => {
  if (!isNode(node)) return null;
  const parts = node as OperationNode & Record<string, unknown>;
  switch (node.kind) {
    case 'TableNode':
      return (parts.table as { identifier: { name: string } }).identifier.name;
    case 'AliasNode':
      return tableOf(parts.node);
    case 'FromNode':
      return tableOf((parts.froms as readonly unknown[])[0]);
    default:
      return null;
  }
};

/** The operation and the table of a query: nothing else of a statement may appear in a trace. */
export const statementOf = (query: RootOperationNode): { readonly operation: string; readonly table: string | null } => {
  const parts = query as RootOperationNode & Record<string, unknown>;
  return { operation: OPERATIONS[query.kind] ?? 'schema', table: tableOf(parts.into ?? parts.from ?? parts.table) };
};
