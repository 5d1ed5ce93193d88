import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Segment, segmentsOf } from './pcap.ts';

export interface Capture extends AsyncDisposable {
  /**
   * Resolves when a packet with this text has come through: every packet before it has, too. The kernel hands them over late.
   *
   * @throws Error after a minute without it
   */
  seen(text: string): Promise<void>;
  /** Ends it: everything that came through, and how many packets the kernel had to drop. */
  stop(): Promise<{ readonly segments: readonly Segment[]; readonly dropped: number }>;
}

/** MiB for packets that wait for tcpdump. */
const BUFFER_MIB = 64;
const SEEN_LIMIT_MS = 60_000;

/**
 * Sees every TCP segment from or to these ports on all interfaces of this machine, those that are made later included: the
 * bridges of a Docker engine among them, where it runs on this very machine.
 *
 * @throws Error with what tcpdump says when it cannot
 */
export const startCapture = async (ports: readonly number[]): Promise<Capture> => {
  const filter = `tcp and (${ports.map((port) => `port ${port}`).join(' or ')})`;
  const args = ['-i', 'any', '-n', '-U', '-s', '0', '-B', String(BUFFER_MIB * 1024), '-w', '-', filter];
  const tcpdump = spawn('tcpdump', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  let said = '';
  tcpdump.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  tcpdump.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(tcpdump, 'close').catch((error: unknown) => (said += String(error)));
  const listening = new Promise<boolean>((resolve) => {
    tcpdump.stderr.on('data', () => {
      if (said.includes('listening on')) resolve(true);
    });
    void ended.then(() => resolve(false));
  });
  if (!(await listening)) throw new Error(`tcpdump does not capture: ${said.trim()}`);
  const stop = async () => {
    tcpdump.kill('SIGINT');
    await ended;
  };
  return {
    seen: async (text) => {
      const signal = AbortSignal.timeout(SEEN_LIMIT_MS);
      while (!Buffer.concat(chunks).includes(text)) {
        await once(tcpdump.stdout, 'data', { signal }).catch((cause: unknown) => {
          throw new Error(`no packet with ${text} was captured within ${SEEN_LIMIT_MS} ms: ${said.trim()}`, { cause });
        });
      }
    },
    stop: async () => {
      await stop();
      const dropped = Number(/(\d+) packets? dropped by kernel/.exec(said)?.[1] ?? Number.NaN);
      return { segments: [...segmentsOf(Buffer.concat(chunks))], dropped };
    },
    [Symbol.asyncDispose]: async () => {
      if (tcpdump.exitCode === null && tcpdump.signalCode === null) await stop();
    },
  };
};

/**
 * Whether packets can be captured here; says why not on stderr.
 *
 * @throws in CI when they cannot
 */
export const canCapture = async (): Promise<boolean> => {
  let reason = process.platform === 'linux' ? null : 'the bridges of a Docker engine are interfaces of this machine only on Linux';
  if (reason === null) {
    try {
      await using _capture = await startCapture([1]);
      return true;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  if (process.env['CI'] === 'true') throw new Error(`CI must be able to capture packets (tcpdump, as root): ${reason}`);
  process.stderr.write(`the test that captures packets is left out: ${reason}\n`);
  return false;
};
