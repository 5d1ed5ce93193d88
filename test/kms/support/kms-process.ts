import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { KmsHouse } from './kms-server.ts';

/** The KMS as a process of its own. */
export interface KmsProcess extends AsyncDisposable {
  readonly url: string;
  readonly adminUrl: string;
  /** Everything that it wrote so far. */
  readonly log: readonly string[];
  /** Sends a signal and waits for the end. @returns exit code, or null after a signal */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const PROGRAM = fileURLToPath(new URL('./serve-kms.ts', import.meta.url));
const LISTENING = /(admin|public) listener on [^:]+:(\d+)/;

const exitOf = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
};

/** Starts it and waits until both listeners listen; rejects with its output when it ends before. */
export const kmsProcess = async (house: KmsHouse): Promise<KmsProcess> => {
  const file = join(house.folder, 'kms.yml');
  await writeFile(file, stringify(house.config));
  const child = spawn(process.execPath, [PROGRAM, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log: string[] = [];
  const ports = new Map<string, string>();
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        log.push(line);
        const [, listener, port] = LISTENING.exec(line) ?? [];
        if (listener !== undefined && port !== undefined) ports.set(listener, port);
        if (ports.size === 2) resolve();
      });
    child.once('exit', (code) => reject(new Error(`the KMS ended with ${code}:\n${log.join('\n')}`)));
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return exitOf(child);
  };
  return {
    url: `https://localhost:${ports.get('public')}`,
    adminUrl: `https://localhost:${ports.get('admin')}`,
    log,
    end,
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  };
};
