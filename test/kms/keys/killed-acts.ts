import type { Caller } from '#kms/caller.ts';
import type { Keys } from '#kms/keys/keys.ts';

type Act = (keys: Pick<Keys, 'elasticKeys' | 'materialKeys'>, caller: Caller, elasticKeyId: string) => Promise<object>;

/** Changes that a process is killed at; each asks for the same every time. */
export const ACTS = {
  create: ({ elasticKeys }, caller) => elasticKeys.create(caller, { name: 'made-by-the-killed', algorithm: 'A256GCM/A256KW' }),
  rotate: ({ materialKeys }, caller, id) => materialKeys.rotate(caller, id),
} as const satisfies Readonly<Record<string, Act>>;

export type ActName = keyof typeof ACTS;
