import { describe, expect, it } from 'vitest';
import { parsePage } from '#test/support/docs/page.ts';
import { runPage } from '#test/support/docs/run-page.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** What is wrong with a page of these lines. */
const run = async (...lines: readonly string[]): Promise<string> => {
  await using folder = await temporaryDirectory();
  const env = { PATH: process.env['PATH'] ?? '' };
  const problems = await runPage(parsePage('docs/page.md', lines.join('\n')), { folder: folder.path, env, ports: { 8081: 18_081 } });
  return problems.join('\n');
};

describe('The commands of a page', () => {
  it('run in one shell, in order, and their answers are those that the page shows, whatever their line breaks are', async () => {
    const said = await run(
      '# Title',
      '```sh',
      'KEY=17',
      'say() { echo "{\\"id\\":$KEY, \\"made\\":\\"$1\\"}"; }',
      '```',
      'A sentence.',
      '```sh',
      'say \\',
      '  today',
      '```',
      '```text answer',
      '{"id":17,',
      ' "made":"…"}',
      '```',
    );
    expect(said).toBe('');
  });

  it('fail with page and line, where a command fails', async () => {
    const said = await run('# Title', '', '```sh', 'true', 'cat /nowhere/at-all', 'echo not reached', '```');
    expect(said).toMatch(/^docs\/page\.md:5: this command failed\n[^]*No such file or directory/);
    expect(said).not.toContain('not reached');
  });

  it('fail with page and line, where the answer of a command that fills a variable does not come', async () => {
    expect(await run('# Title', '```sh', 'pick() {', '  false', '}', 'KEY=$(echo x | pick)', '```')).toContain('docs/page.md:6:');
  });

  it('fail with page and line, where a variable was not set, or a command has no end', async () => {
    expect(await run('# Title', '```sh', 'echo $KEY', '```')).toContain('docs/page.md:3: KEY: unbound variable');
    expect(await run('# Title', '```sh', "echo 'open", '```')).toMatch(/docs\/page\.md:\d+: unexpected EOF/);
  });

  it('fail with page and line, where another answer came than the page shows', async () => {
    const said = await run('# Title', '```sh', 'echo \'{"version":2}\'', '```', '', '```text answer', '{"version":1}', '```');
    expect(said).toBe('docs/page.md:6: the page shows\n{"version":1}\nand the commands before it answered\n{"version":2}\n');
  });

  it('fail where they are refused and the page does not show it; a refusal that it shows is an answer', async () => {
    const refused = ['```sh', 'echo \'{"status":404,"code":"key-not-found"}\'', '```'];
    expect(await run('# Title', ...refused)).toContain('docs/page.md:2: refused, which the page does not show');
    expect(await run('# Title', ...refused, '```text answer', '{"status":404,"code":"…"}', '```')).toBe('');
  });

  it('ask at the ports of the test in the place of those that are printed, and are changed in nothing else', async () => {
    expect(
      await run('# Title', '```sh', 'echo https://localhost:8081/ 8081', '```', '```text answer', 'https://localhost:8081/ 8081', '```'),
    ).toBe('');
    const said = await run('# Title', '```sh', 'echo https://localhost:8081/ 8081', '```', '```text answer', 'else', '```');
    expect(said).toContain('https://localhost:18081/ 8081');
  });

  it('are not run where the page says so, with a reason', async () => {
    expect(await run('# Title', '```sh not run: it needs a swarm of several machines', 'false', '```')).toBe('');
  });
});
