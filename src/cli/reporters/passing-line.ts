import type { DemoEvent } from '#demo/events.ts';
import { printable } from '#infra/lines/printable.ts';
import { cut } from './terminal/layout.ts';
import type { Terminal } from './terminal/terminal.ts';

const CLEAR = '\r\u001B[K';

/**
 * A reporter of one line that passes: on a terminal it shows what is under way, and it is gone when anything else is said, or at its
 * disposal. For a run whose reader waits for something else.
 *
 * @param tell is given each event, and may print lines of its own
 */
export const passingLine = (
  { err, animated, width }: Terminal,
  { command, tell }: { readonly command: string; readonly tell: (event: DemoEvent) => void },
): Disposable & { readonly emit: (event: DemoEvent) => void } => {
  if (!animated) return { emit: tell, [Symbol.dispose]: () => undefined };
  let [title, text] = ['', ''];
  const clear = (): void => void (text !== '' && err.write(CLEAR));
  return {
    emit: (event) => {
      clear();
      tell(event);
      if (event.type === 'step-started') text = title = `passthru ${command}: ${event.step.title}`;
      if (event.type === 'step-progress') text = `${title}: ${printable(event.text)}`;
      if (event.type === 'run-finished') text = '';
      if (text !== '') err.write(cut(text, width - 1));
    },
    [Symbol.dispose]: clear,
  };
};
