import { AppError } from '#infra/apperr/app-error.ts';

/** One message of a stream. */
export interface ServerSentEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** Characters of one message: a signed event has about a thousand. */
const MAX_MESSAGE = 16 * 1024;

/** A block of lines, or null where it holds no data. Of a field that comes twice the last one counts. */
const messageOf = (block: string): ServerSentEvent | null => {
  const fields = new Map(
    block.split('\n').flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      // A line that begins with a colon is a comment.
      return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]];
    }),
  );
  const data = fields.get('data');
  return data === undefined ? null : { event: fields.get('event') ?? 'message', id: fields.get('id') ?? '', data };
};

/**
 * The messages of a stream of events whose lines end with LF, and whose data have one line, as our servers write them; a block that the end of
 * the stream cuts off is none.
 *
 * @throws AppError `event-too-large`
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* readServerSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    if ([...blocks, text].some(({ length }) => length > MAX_MESSAGE))
      throw new AppError('event-too-large', 502, `a message of the stream has more than ${MAX_MESSAGE} characters`);
    for (const block of blocks) {
      const message = messageOf(block);
      if (message !== null) yield message;
    }
  }
}
