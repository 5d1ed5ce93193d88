import { describe, expect, it } from 'vitest';
import { spansIn } from '#demo/traces/read-spans.ts';
import { inOrder, traceTree } from '#demo/traces/trace-tree.ts';
import { EPOCH, newTraceId, spanId, traceRequest, type WrittenSpan } from '#test/support/otlp-traces.ts';

const traceId = newTraceId();

type Written = Omit<WrittenSpan, 'traceId'> & { readonly service?: string };

const treeOf = (...written: readonly Written[]) =>
  traceTree(written.flatMap(({ service = 'kms', ...span }) => spansIn(traceRequest(service, { traceId, ...span }))));

/** `name@offset`, indented by depth. */
const drawn = (...written: readonly Written[]): readonly string[] =>
  inOrder(treeOf(...written).roots).map(({ node, depth }) => `${'  '.repeat(depth)}${node.span.name}@${node.offsetMs}`);

const SPANS: readonly Written[] = [
  { id: 'a', name: 'call', from: 0, to: 100, service: 'cli' },
  { id: 'b', name: 'serve', parent: 'a', from: 10, to: 90, kind: 2 },
  { id: 'd', name: 'second', parent: 'b', from: 50, to: 60 },
  { id: 'c', name: 'first', parent: 'b', from: 20, to: 30 },
];

describe('The tree of a trace', () => {
  it('has each span below its parent, by their start, in whichever order they came', () => {
    const tree = ['call@0', '  serve@10', '    first@20', '    second@50'];
    expect(drawn(...SPANS)).toEqual(tree);
    expect(drawn(...SPANS.toReversed())).toEqual(tree);
    expect(treeOf(...SPANS)).toMatchObject({ traceId, startMs: EPOCH, durationMs: 100, services: ['cli', 'kms'], spans: 4, duplicates: 0 });
  });

  it('has a span once that was sent twice', () => {
    expect(drawn(...SPANS, ...SPANS)).toEqual(drawn(...SPANS));
    expect(treeOf(...SPANS, ...SPANS)).toMatchObject({ spans: 4, duplicates: 4 });
  });

  it('goes on as long as its latest span, which may outlive the root', () => {
    expect(treeOf(...SPANS, { id: 'e', name: 'late', parent: 'a', from: 95, to: 250, service: 'cli' }).durationMs).toBe(250);
  });

  it('says of a span without its parent where that is', () => {
    const { roots } = treeOf(
      { id: 'a', name: 'begins', from: 0 },
      { id: 'b', name: 'called', from: 1, parent: 'x', isParentRemote: true },
      { id: 'c', name: 'lost', from: 2, parent: 'y', isParentRemote: false },
      { id: 'd', name: 'unknown', from: 3, parent: 'y' },
    );
    expect(roots.map(({ span, parent }) => [span.name, parent])).toEqual([
      ['begins', 'none'],
      ['called', 'caller'],
      ['lost', 'missing'],
      ['unknown', 'missing'],
    ]);
  });

  it('moves a span of another process that begins before its parent into the middle of it, with all that is below', () => {
    const behind = drawn(
      { id: 'a', name: 'call', from: 1000, to: 1100, service: 'cli', kind: 3 },
      { id: 'b', name: 'serve', parent: 'a', from: 400, to: 480, kind: 2 },
      { id: 'c', name: 'query', parent: 'b', from: 410, to: 420 },
    );
    expect(behind).toEqual(['call@0', '  serve@10', '    query@20']);
    const tree = treeOf(
      { id: 'a', from: 1000, to: 1100, service: 'cli', kind: 3 },
      { id: 'b', parent: 'a', from: 1300, to: 1340, kind: 2 },
    );
    expect(tree.roots[0]?.children[0]).toMatchObject({ offsetMs: 30, movedMs: -270 });
    expect(tree).toMatchObject({ startMs: EPOCH + 1000, durationMs: 100 });
  });

  it('leaves a span alone that begins after its parent without serving its call, and one of the same process', () => {
    expect(
      drawn(
        { id: 'a', name: 'work', from: 100, to: 200 },
        { id: 'b', name: 'after', parent: 'a', from: 300, to: 310, service: 'cli' },
        { id: 'c', name: 'odd', parent: 'a', from: 90, to: 95 },
      ),
    ).toEqual(['work@10', '  odd@0', '  after@210']);
  });

  it('begins with the earliest of spans that are each other’s parents', () => {
    expect(
      drawn(
        { id: 'b', name: 'late', parent: 'a', from: 5 },
        { id: 'a', name: 'early', parent: 'b', from: 0 },
        { id: 'c', name: 'own', parent: 'c', from: 9 },
      ),
    ).toEqual(['early@0', '  late@5', 'own@9']);
  });

  it('may be as deep and as wide as it likes', () => {
    const id = (at: number): string => String(at).padStart(8, '0');
    const deep = Array.from({ length: 3_000 }, (_, at): Written => ({ id: id(at), from: at, to: 5_000, parent: id(at - 1) }));
    const order = inOrder(treeOf(...deep).roots);
    expect(order).toHaveLength(3_000);
    expect(order.at(-1)).toMatchObject({ depth: 2_999, isLast: true });
    const wide = Array.from({ length: 3_000 }, (_, at): Written => ({ id: id(at), from: at, to: 5_000, parent: 'none' }));
    expect(treeOf(...wide).roots).toHaveLength(3_000);
  });

  it('tells of each span whether it is the last below its parent', () => {
    const places = inOrder(treeOf(...SPANS).roots).map(({ node, isLast, above }) => [node.span.name, isLast, above?.node.span.id ?? null]);
    expect(places).toEqual([
      ['call', true, null],
      ['serve', true, spanId('a')],
      ['first', false, spanId('b')],
      ['second', true, spanId('b')],
    ]);
  });
});
