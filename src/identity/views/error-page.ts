import { type Html, markup } from '#infra/html/html.ts';
import { ABOUT, layout, type Way } from './layout.ts';

export interface ErrorView {
  /** OAuth error or our code, for example `invalid_client`. */
  readonly code: string;
  readonly message: string;
  /** One sentence that tells the reader what to do. */
  readonly fix?: string;
  readonly traceId?: string | null;
  /** Where to go from here; to the start of this server where nothing better is known. */
  readonly ways?: readonly Way[];
}

/** An error that goes to no client, because the redirect URI is not known to be good; or one of a page of ours. */
export const errorPage = ({ code, message, fix, traceId, ways = [ABOUT] }: ErrorView): Html =>
  layout({
    title: 'Error',
    content: markup`<h1>This did not work</h1>
<p class="alert" role="alert">${message}</p>
${fix !== undefined && markup`<p>${fix}</p>`}
<p class="muted">Error <code>${code}</code>${traceId && markup` &middot; trace <code>${traceId}</code>`}</p>`,
    ways,
  });
