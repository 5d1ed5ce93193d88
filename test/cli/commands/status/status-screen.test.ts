import { stripVTControlCharacters } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { ServiceHealth, StackStatus } from '#demo/health/status.ts';
import { createStatusScreen } from '#cli/commands/status/status-screen.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { statusSchema } from '#cli/documents/status.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';

const health = (service: 'identity' | 'kms', change: Partial<ServiceHealth> = {}): ServiceHealth => ({
  service,
  state: 'ready',
  uptimeMs: 5_000,
  pid: 4711,
  address: `https://${service}`,
  cause: null,
  ...change,
});

const status = (kms: Partial<ServiceHealth> = {}): StackStatus => ({
  services: [health('identity'), health('kms', kms)],
  ready: kms.state === undefined,
});

const DOWN = { state: 'down', cause: 'exited \x1b[2J' } as const;

/** What is written when these are shown, each in a text of its own. */
const shown = (
  all: readonly StackStatus[],
  { output = 'human', columns = 0, env = {} as Readonly<Record<string, string>> } = {},
): readonly string[] => {
  const cli = fakeProcess({ cwd: '/home', env, ...(columns === 0 ? {} : { tty: true, columns }) });
  const screen = createStatusScreen({
    command: 'status',
    settings: { output },
    terminal: createTerminal(cli),
    process: cli,
  } as unknown as CommandContext);
  let before = 0;
  return all.map((one) => {
    screen.show(one);
    const text = cli.written.out.slice(before);
    before = cli.written.out.length;
    return text;
  });
};

describe('A status that goes on', () => {
  it('repaints its table in place on a terminal, and only where it looks different', () => {
    const [first = '', same, passed, changed = ''] = shown([status(), status(), status({ uptimeMs: 6_000 }), status(DOWN)], {
      columns: 100,
    });
    expect(stripVTControlCharacters(first)).toBe(
      'Service   State  Up   Address           Cause\nidentity  ready  5 s  https://identity\nkms       ready  5 s  https://kms\n',
    );
    expect(same).toBe('');
    expect(passed?.startsWith('\x1b[3A\x1b[J')).toBe(true);
    expect(changed.startsWith('\x1b[3A\x1b[J')).toBe(true);
    expect(stripVTControlCharacters(changed)).toContain('kms       down   5 s  https://kms       exited\n');
  });

  it('has no line that the terminal would break, so that the next table begins where this one does', () => {
    const [text = ''] = shown([status({ ...DOWN, address: `https://${'long.'.repeat(30)}` })], { columns: 70 });
    expect(
      text
        .trimEnd()
        .split('\n')
        .every((line) => stripVTControlCharacters(line).length <= 70),
    ).toBe(true);
  });

  it.each([
    ['in a pipe', {}],
    ['on a terminal that cannot repaint', { columns: 100, env: { TERM: 'dumb' } }],
  ])('has a line for each change of a service %s', (_, place) => {
    expect(shown([status(), status({ uptimeMs: 9_000 }), status(DOWN), status()], place)).toEqual([
      '2026-01-02T03:04:05.000Z identity ready https://identity\n2026-01-02T03:04:05.000Z kms ready https://kms\n',
      '',
      '2026-01-02T03:04:05.000Z kms down https://kms exited\n',
      '2026-01-02T03:04:05.000Z kms ready https://kms\n',
    ]);
  });

  it('is one document a change, each on one line, for a program', () => {
    const isValid = new Ajv2020({ strict: false }).compile(statusSchema);
    const texts = shown([status(), status(), status(DOWN)], { output: 'json' });
    expect(texts.map((text) => text.split('\n').length - 1)).toEqual([1, 0, 1]);
    const documents = texts.filter((text) => text !== '').map((text) => JSON.parse(text) as { ready: boolean; exit_code: number });
    expect(documents.map((document) => [isValid(document), document.ready, document.exit_code])).toEqual([
      [true, true, 0],
      [true, false, 1],
    ]);
  });

  it('is a record for each service that changed, with the severity of its state', () => {
    const [, changed = ''] = shown([status(), status(DOWN)], { output: 'structured' });
    expect(
      changed
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([{ severityText: 'ERROR', eventName: 'passthru.status', body: { stringValue: 'kms down' } }]);
  });
});
