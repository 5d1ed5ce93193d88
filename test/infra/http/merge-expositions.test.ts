import { describe, expect, it } from 'vitest';
import { mergeExpositions } from '#infra/http/merge-expositions.ts';

describe('the metrics of several workers', () => {
  it('are one group of lines a metric, each sample with the number of its worker', () => {
    const one = '# HELP a_total About a\n# TYPE a_total counter\na_total{of="x,{}"} 1\na_total 2\n# HELP b About b\n# TYPE b gauge\nb 3\n';
    const two = '# HELP c About c\n# TYPE c gauge\nc 5\n# HELP a_total About a\n# TYPE a_total counter\na_total{of="x,{}"} 4\n';
    expect(
      mergeExpositions([
        { worker: 2, text: two },
        { worker: 1, text: one },
      ]),
    ).toBe(
      [
        '# HELP a_total About a',
        '# TYPE a_total counter',
        'a_total{worker="1",of="x,{}"} 1',
        'a_total{worker="1"} 2',
        'a_total{worker="2",of="x,{}"} 4',
        '# HELP b About b',
        '# TYPE b gauge',
        'b{worker="1"} 3',
        '# HELP c About c',
        '# TYPE c gauge',
        'c{worker="2"} 5',
        '',
      ].join('\n'),
    );
  });
});
