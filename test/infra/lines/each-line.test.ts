import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { eachLine } from '#infra/lines/each-line.ts';

it('gives the lines of a text as they are, whatever they hold and however the text is cut', async () => {
  const lines = ['{"name":"one\u2028two\u2029three\u0085four"}', '', 'ends with a carriage return\r', 'größer', 'has no end'];
  const bytes = Buffer.from(lines.join('\n'));
  for (const size of [1, 7, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
    const input = Readable.from(chunks, { objectMode: false });
    const found: string[] = [];
    eachLine(input, (line) => void found.push(line));
    await new Promise((resolve) => input.on('close', resolve));
    expect(found).toEqual(lines);
  }
});
