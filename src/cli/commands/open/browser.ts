import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Somebody sits in front of it: stdout is a terminal. */
  readonly isTerminal: boolean;
}

/** The program that shows a page in the browser of this user, or the reason why there is none to ask. */
export type Browser =
  | { readonly program: string; readonly args: (url: string) => readonly string[]; readonly reason: null }
  | { readonly reason: string };

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';

/** A page is shown only where its reader is: not over SSH, not in a pipeline, not on a machine without a screen. Pure. */
export const browserOf = ({ platform, env, isTerminal }: Surroundings): Browser => {
  if (!isTerminal) return { reason: 'stdout is no terminal' };
  if (isSet(env['CI']) && env['CI'] !== 'false') return { reason: 'this is a pipeline' };
  if (isSet(env['SSH_CONNECTION']) || isSet(env['SSH_TTY'])) return { reason: 'a browser here would open on the other side of SSH' };
  // No shell reads the address: each of these is a program of its own, which takes it as one argument.
  if (platform === 'darwin') return { program: 'open', args: (url) => [url], reason: null };
  if (platform === 'win32') return { program: 'rundll32.exe', args: (url) => ['url.dll,FileProtocolHandler', url], reason: null };
  if (!isSet(env['DISPLAY']) && !isSet(env['WAYLAND_DISPLAY'])) return { reason: 'there is no screen' };
  return { program: 'xdg-open', args: (url) => [url], reason: null };
};

/** Milliseconds: a program that has not failed by then shows the page, and may take as long as the browser runs. */
const PATIENCE = 3_000;

/**
 * Asks the program for the page and lets go of it.
 *
 * @returns null, or why it did not come up
 */
export const openIn = async (
  browser: Extract<Browser, { readonly program: string }>,
  url: string,
  { env, patience = PATIENCE }: { readonly env: Surroundings['env']; readonly patience?: number },
): Promise<string | null> => {
  const { program, args } = browser;
  const child = spawn(program, args(url), { env, stdio: 'ignore', detached: true });
  child.unref();
  try {
    const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(patience) })) as [number | null];
    return code === 0 ? null : `${program} ended with ${code ?? 'a signal'}`;
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return null;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return `there is no ${program} here`;
    throw error;
  }
};
