import { type HtmlValue, markup } from '#infra/html/html.ts';
import { button, type PageForm } from './page-form.ts';
import { dayAndTime, methodWords } from './words.ts';

export interface SessionView {
  readonly reference: string;
  /** Seconds since the epoch. */
  readonly loggedInAt: number;
  /** Seconds since the epoch. */
  readonly lastUsedAt: number;
  readonly amr: readonly string[];
  readonly isThis: boolean;
  readonly clientNames: readonly string[];
}

/** More than these, of a program that logs in again and again, are a number. */
const SHOWN = 20;

const nameOf = ({ isThis, clientNames }: SessionView): string => {
  const where = isThis ? 'This browser' : 'Another browser';
  return clientNames.length === 0 ? where : `${where}: ${clientNames.join(', ')}`;
};

const item = (session: SessionView, form: PageForm): HtmlValue => {
  const [name, since] = [nameOf(session), dayAndTime(session.loggedInAt)];
  return markup`<li><strong>${name}</strong>
<span>Logged in ${since} by ${methodWords(session.amr)}, last used ${dayAndTime(session.lastUsedAt)}</span>
${button(form, 'session', session.reference, 'End', `End the session of ${name}, logged in ${since}`)}</li>`;
};

/** Where an account is logged in: this browser first, then the others by their last use, each by the applications that it logged in at. */
export const sessionList = (sessions: readonly SessionView[], form: PageForm): HtmlValue => {
  const others = sessions.filter(({ isThis }) => !isThis);
  const shown = [...sessions.filter(({ isThis }) => isThis), ...others.slice(0, SHOWN)];
  const more = others.length - SHOWN;
  return markup`<ul class="links">${shown.map((session) => item(session, form))}</ul>
${more > 0 && markup`<p class="muted">And ${more} more, which were last used before these.</p>\n`}<div class="actions">
${others.length > 0 && button(form, 'session', 'others', 'End all others')}
${button(form, 'session', 'all', 'End all')}
</div>`;
};
