import { randomUUIDv7 } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, markup, renderHtml } from '#infra/html/html.ts';

describe('templates of the pages', () => {
  it('escape every value that is not a template', () => {
    const value = `"><script>alert('${randomUUIDv7()}')</script>\``;
    const page = renderHtml(markup`<p title="${value}">${value}</p>`);
    expect(page).not.toContain('<script>');
    expect(page).not.toContain(value);
    expect(page).toContain('&quot;&gt;&lt;script&gt;');
    expect(page).toContain('&#96;');
  });

  it('let no text leave an element or a quoted attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const inside = renderHtml(markup`${value}`);
        expect(inside).not.toMatch(/[<>"'`]/);
        expect(inside).toBe(escapeHtml(value));
      }),
    );
  });

  it('nest templates and lists without escaping them twice', () => {
    const items = ['a & b', 'c'].map((item) => markup`<li>${item}</li>`);
    expect(renderHtml(markup`<ul>${items}</ul>`)).toBe('<ul><li>a &amp; b</li><li>c</li></ul>');
  });

  it('leave nothing for null, undefined and false', () => {
    expect(renderHtml(markup`<p>${null}${undefined}${false}${0}</p>`)).toBe('<p>0</p>');
  });

  it('do not take an object that only looks like a template', () => {
    const forged = { markup: '<script>' } as never;
    expect(renderHtml(markup`<p>${forged}</p>`)).not.toContain('<script>');
  });
});
