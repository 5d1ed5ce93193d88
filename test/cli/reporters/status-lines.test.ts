import { Chalk } from 'chalk';
import { expect, it } from 'vitest';
import { statusLines } from '#cli/reporters/lines/status-lines.ts';

const CAUSE = `kms was ended by SIGKILL; ${'last probe: localhost:8081 refuses connections; '.repeat(3)}end`;
const linesAt = (width: number): readonly string[] =>
  statusLines([{ service: 'kms', state: 'down', uptimeMs: null, pid: null, address: 'https://localhost:8081', cause: CAUSE }], {
    paint: new Chalk({ level: 0 }),
    width,
  });

it('a long cause goes on below within the width, and stays whole where there is no edge', () => {
  const narrow = linesAt(80);
  expect(narrow.length).toBeGreaterThan(2);
  expect(narrow.every((line) => line.length <= 80)).toBe(true);
  const [head = '', ...rest] = narrow;
  expect(rest.map((line) => line.slice(head.indexOf('Cause'))).join(' ')).toBe(CAUSE);
  expect(linesAt(Number.POSITIVE_INFINITY)[1]).toContain(CAUSE);
});
