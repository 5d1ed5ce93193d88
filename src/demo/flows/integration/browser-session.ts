import { parseForms } from '#client/browser/forms.ts';
import { callbackOf, walk } from '#client/browser/walk.ts';
import type { Session } from '#client/session/session.ts';
import { answered, from, list, observed, statusOf, words } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { base64url } from '#demo/world/keys.ts';
import { account } from '#demo/world/names.ts';

const USER = 'demo-user';
const KEY = 'demo-encryption-key';
const TEXT = 'a line of text from a browser';
const FOREIGN = 'https://elsewhere.example';

interface BrowserSession {
  readonly csrf_token: string;
}

/** A person logs in to the KMS with a browser, at Identity, and works with a key by page and by API until the log-out. */
export const run: StepWork = async ({ stack, check, engine }) => {
  const { pages } = stack.endpoints.kms;
  const session = await stack.session();
  if (pages === null) {
    const page = session.get(new URL('/ui/', stack.endpoints.kms.service));
    await check('no-pages', 'Pages, switched off', '404 route-not-found', page.then(answered));
    return 'no pages here';
  }
  const { origin } = new URL(pages);
  const api = (path: string): string => `${origin}/browser/api/v1${path}`;
  /** As a page of the KMS sends it. */
  const own = { origin, 'sec-fetch-site': 'same-origin' };

  const nobody = await session.get(pages);
  await check('nobody', 'The page of the keys leads nobody further than', '/ui/log-in', from(nobody).header('location').path);

  const begin = `${origin}/ui/log-in/issuer?issuer=0&return_to=%2Fui%2F`;
  const walked = await walk({ session, url: begin, redirectUri: `${origin}/ui/callback`, account: account(USER) });
  const callback = callbackOf(walked);
  await check('identity', 'It logs in at Identity by', ['login', 'consent'], list(walked.filledIn.map((page) => from(page).url.place)));
  const back = await session.get(callback);
  await check('back', 'and is back at', '303 /ui/', words(from(back).status, from(back).header('location')));
  const cookie = back.setCookies.find((each) => /^__Host-passthru-kms-[0-9a-f]{10}=[^;]/.test(each)) ?? '';
  const wanted = ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax'];
  const attributes = from(back).cookie('__Host-passthru-kms-');
  await check(
    'cookie',
    'with a cookie that says',
    wanted,
    list(wanted.map((each) => attributes.contains(JSON.stringify(each)).choose(each, `no ${each}`))),
  );
  await check('again', 'The answer of Identity, sent again', 400, session.get(callback).then(statusOf));

  const shown = (await session.get(api('/session'))).json<BrowserSession>();
  const { csrf_token: token } = shown;
  await check('who', 'The session is that of', USER, from(shown).body('/username'));
  await check('tenant', 'in the tenant demo', (await engine.demoTenants())['demo'] ?? 'none', from(shown).body('/tenant/id'));

  const encrypt = (headers: Readonly<Record<string, string>>, of: Session = session) =>
    of.request({ method: 'POST', url: api(`/elastic-keys/${KEY}/encrypt`), headers, body: { plaintext: base64url(TEXT) } });
  const sealed = await encrypt({ ...own, 'x-csrf-token': token });
  await check('encrypt', 'Encrypt by the API', '200', answered(sealed));
  const { ciphertext = '' } = sealed.json<{ readonly ciphertext?: string }>();
  const opened = decryptByPage(session, { origin, own, ciphertext });
  await check(
    'decrypt',
    'Decrypt by the page',
    'the text',
    opened.then((page) => observed('a record keeps no text of a page', page.includes(TEXT) ? 'the text' : 'not the text')),
  );

  await check('no-token', 'Without the token of the session', '403 csrf-token-invalid', encrypt(own).then(answered));
  const foreign = encrypt({ origin: FOREIGN, 'x-csrf-token': token });
  await check('foreign', 'From a page of another origin', '403 request-foreign', foreign.then(answered));
  const service = session.get(`${stack.endpoints.kms.service}/elastic-keys`);
  await check('service', 'At the API of services, which takes no cookie', '401 credential-missing', service.then(answered));

  const out = await session.post(`${origin}/ui/log-out`, { _csrf: token }, own);
  await check(
    'log-out',
    'The log-out leads on to that of Identity',
    new URL('/oidc/logout', stack.endpoints.identity.issuer).href,
    from(out).header('location').address,
  );
  const [stolen = ''] = cookie.split(';');
  const thief = encrypt({ ...own, cookie: stolen, 'x-csrf-token': token }, await stack.session());
  await check('after', 'The cookie, copied before', '401 session-missing', thief.then(answered));
  return `${USER} at Identity · encrypt, decrypt · log out`;
};

/** The page after the form was sent. */
const decryptByPage = async (
  session: Session,
  { origin, own, ciphertext }: { readonly origin: string; readonly own: Record<string, string>; readonly ciphertext: string },
): Promise<string> => {
  const { id } = (await session.get(`${origin}/browser/api/v1/elastic-keys/${KEY}`)).json<{ readonly id: string }>();
  const page = await session.get(`${origin}/ui/keys/${id}`);
  const form = parseForms(page.text).find(({ action }) => action.endsWith('/decrypt'));
  if (form === undefined) return '';
  return (await session.post(new URL(form.action, origin), { ...form.fields, text: ciphertext }, own)).text;
};
