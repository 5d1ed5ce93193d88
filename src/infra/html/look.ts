import { createHash } from 'node:crypto';

/** The colours of all pages, light and dark, as custom properties. */
export const COLOURS = `:root {
  color-scheme: light dark;
  --page: #f4f5f7;
  --card: #ffffff;
  --text: #1c2430;
  --muted: #54606f;
  --line: #8a94a3;
  --accent: #1d5bb8;
  --on-accent: #ffffff;
  --alert: #a61b1b;
  --alert-page: #fdecec;
}

@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c;
    --card: #1b212a;
    --text: #e8ebf0;
    --muted: #a9b3c1;
    --line: #6f7b8c;
    --accent: #8ab8ff;
    --on-accent: #0c1420;
    --alert: #ffb3b3;
    --alert-page: #3a1c1f;
  }
}
`;

/** The style sheet of all pages of both products. Browsers load it as a file of its own, so that the policy can forbid inline style. */
export const STYLESHEET = `${COLOURS}
*, *::before, *::after { box-sizing: border-box; }

body {
  margin: 0;
  min-height: 100vh;
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  place-items: center;
  padding: 1.5rem 1rem;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}

main {
  width: 100%;
  max-width: 26rem;
  padding: 2rem;
  background: var(--card);
  border: 1px solid color-mix(in srgb, var(--line) 35%, transparent);
  border-radius: 0.75rem;
}

.brand { margin: 0 0 1.25rem; color: var(--muted); font-size: 0.875rem; letter-spacing: 0.02em; }
h1 { margin: 0 0 0.5rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 1.5rem 0 0.25rem; font-size: 1rem; }
p { margin: 0 0 1rem; }
h1, h2, p, dd, li, button, .alert { overflow-wrap: anywhere; }
.brand a { color: inherit; text-decoration: none; }
.brand a:hover { text-decoration: underline; }
main > :last-child, form > :last-child { margin-bottom: 0; }
.ways { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin: 1.5rem 0 0; }
.muted, small { color: var(--muted); font-size: 0.875rem; }
code { font-family: ui-monospace, "Cascadia Mono", Menlo, monospace; font-size: 0.875em; overflow-wrap: anywhere; }

label { display: block; margin: 1rem 0 0.25rem; font-weight: 600; }

input[type="text"], input[type="password"], select, textarea {
  width: 100%;
  min-height: 2.75rem;
  padding: 0.5rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  background: var(--card);
  color: var(--text);
  font: inherit;
}

textarea { display: block; font-family: ui-monospace, "Cascadia Mono", Menlo, monospace; font-size: 0.875rem; resize: vertical; }

input[aria-invalid="true"] { border-color: var(--alert); }

.code { font-family: ui-monospace, "Cascadia Mono", Menlo, monospace; font-size: 1.75rem; letter-spacing: 0.08em; text-align: center; }
input[type="text"].code { font-size: 1.375rem; text-transform: uppercase; }

.actions { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.5rem; }

button, a.button {
  flex: 1 1 8rem;
  min-height: 2.75rem;
  padding: 0.5rem 1rem;
  border: 1px solid var(--accent);
  border-radius: 0.5rem;
  background: transparent;
  color: var(--accent);
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}

a.button { text-align: center; text-decoration: none; }

button.primary, a.primary { background: var(--accent); color: var(--on-accent); }
button:hover, a.button:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

.aside { margin: 1.25rem 0 0; }
button.link { flex: none; text-align: left; min-height: 0; padding: 0; border: 0; border-radius: 0.125rem; text-decoration: underline; }

.choices { margin: 1.5rem 0 0; padding: 1rem 0 0; border: 0; border-top: 1px solid color-mix(in srgb, var(--line) 35%, transparent); display: grid; gap: 0.5rem; }
.choices legend { float: left; width: 100%; padding: 0; color: var(--muted); font-size: 0.875rem; }
.choices button { width: 100%; border-color: var(--line); text-align: left; }
.choices span { display: block; color: var(--muted); font-size: 0.875rem; font-weight: 400; }

.alert {
  margin: 1rem 0;
  padding: 0.75rem 1rem;
  border-left: 0.25rem solid var(--alert);
  border-radius: 0.25rem;
  background: var(--alert-page);
  color: var(--alert);
}

.roomy main { max-width: 40rem; }
.wide main { max-width: 60rem; align-self: start; }
.wide h2 { font-size: 1.125rem; }
main a:not(.button, .brand a) { color: var(--accent); }
.wide form:not(.bar form) { max-width: 40rem; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1.5rem; margin-bottom: 1.5rem; padding-bottom: 1rem; border-bottom: 1px solid color-mix(in srgb, var(--line) 35%, transparent); }
.bar .who { flex: 1 1 14rem; margin: 0; }
.bar nav { display: flex; gap: 1rem; }
.actions form { flex: 0 1 10rem; display: flex; }
.outcome { margin: 1rem 0; padding: 0.75rem 1rem; border: 1px solid var(--accent); border-radius: 0.5rem; }
.outcome h2 { margin-top: 0; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.5rem 0.75rem 0.5rem 0; border-bottom: 1px solid color-mix(in srgb, var(--line) 35%, transparent); text-align: left; vertical-align: top; }
tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 9rem; }
@media (max-width: 600px) {
  .wide main { padding: 1.25rem; }
  table { font-size: 0.875rem; }
  th, td { padding-right: 0.375rem; }
  tbody th { min-width: 5.5rem; }
}
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.25rem 1rem; margin: 0 0 1rem; }
dt { color: var(--muted); }
dd { margin: 0; }

.links { margin: 1.5rem 0; padding: 0; list-style: none; }
h2 + .links { margin-top: 0.25rem; }
.links li { padding: 0.625rem 0; border-top: 1px solid color-mix(in srgb, var(--line) 35%, transparent); }
.links li:first-child { border-top: 0; }
.links a { font-weight: 600; color: var(--accent); overflow-wrap: anywhere; }
.links span { display: block; color: var(--muted); font-size: 0.875rem; }

.qr { width: 13rem; max-width: 100%; margin: 1rem 0; border-radius: 0.5rem; background: #ffffff; }
.qr svg { display: block; }
.links form { margin-top: 0.5rem; }

.scopes { margin: 0.5rem 0 1rem; padding: 0; list-style: none; }
.scopes li { padding: 0.5rem 0; border-top: 1px solid color-mix(in srgb, var(--line) 35%, transparent); }
.scopes li:first-child { border-top: 0; }
.scopes code { display: block; color: var(--muted); }
`;

/** Changes with the content, so that a browser may keep the file for long. */
export const STYLESHEET_PATH = '/assets/passthru.css';
export const STYLESHEET_URL = `${STYLESHEET_PATH}?v=${createHash('sha256').update(STYLESHEET).digest('hex').slice(0, 12)}`;

/** The icon of every tab: without one of its own a browser asks for /favicon.ico and reports an error. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1d5bb8"/><path d="M8 16h16m-6-6 6 6-6 6" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
export const ICON_PATH = '/assets/passthru.svg';
