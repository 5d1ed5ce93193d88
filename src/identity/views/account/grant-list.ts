import { type HtmlValue, markup } from '#infra/html/html.ts';
import { scopeWords } from '../scope-words.ts';
import { button, type PageForm } from './page-form.ts';
import { dayAndTime } from './words.ts';

export interface GrantView {
  readonly reference: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly scopes: readonly string[];
  /** Seconds since the epoch. */
  readonly grantedAt: number;
}

const item = (grant: GrantView, form: PageForm): HtmlValue => {
  const since = dayAndTime(grant.grantedAt);
  return markup`<span>since ${since}: ${grant.scopes.map(scopeWords).join('; ')}</span>
${button(form, 'grant', grant.reference, 'Take back', `Take back what ${grant.clientName} has been allowed to do since ${since}`)}`;
};

/** What an account allowed: each application once, by its name, with all that it was granted. Two of one name stay two. */
export const grantList = (grants: readonly GrantView[], form: PageForm): HtmlValue => {
  const byClient = Map.groupBy(grants, ({ clientId }) => clientId);
  return markup`<ul class="links">${[...byClient.values()].map(
    (group) => markup`<li><strong>${group[0]?.clientName}</strong>
${group.map((grant) => item(grant, form))}</li>`,
  )}</ul>`;
};
