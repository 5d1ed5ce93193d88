import { connect } from 'node:net';
import { thrownWords } from '#infra/apperr/thrown-words.ts';

/** Opens a TCP connection and closes it; null where that went well, else why not, one clause. */
export const connectedTo = (host: string, port: number, signal: AbortSignal): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve(null);
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ENOTFOUND' ? 'the name is not known' : thrownWords(error)),
    );
  });
