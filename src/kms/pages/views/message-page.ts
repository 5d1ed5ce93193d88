import { type Html, markup } from '#infra/html/html.ts';
import { frame } from './frame.ts';

export interface ErrorView {
  readonly code: string;
  readonly message: string;
  /** One sentence that tells the reader what to do. */
  readonly fix?: string;
  readonly traceId: string | null;
}

/** The error of a page of ours. */
export const errorPage = ({ code, message, fix, traceId }: ErrorView): Html =>
  frame({
    title: 'Error',
    content: markup`<h1>This did not work</h1>
<p class="alert" role="alert">${message}</p>
${fix !== undefined && markup`<p>${fix}</p>`}
<p class="muted">Error <code>${code}</code>${traceId !== null && markup` &middot; trace <code>${traceId}</code>`}</p>
<p><a href="/ui/">To the keys</a></p>`,
  });

/** After a log-out. */
export const loggedOutPage = (): Html =>
  frame({
    title: 'Logged out',
    content: markup`<h1>You are logged out</h1>
<p>Your session here has ended.</p>
<p><a href="/ui/log-in">Log in again</a></p>`,
  });
