import { COLOURS } from '#infra/html/look.ts';

/** The look of our pages over that of Swagger UI, which has rules of its own for dark mode. */
export const SWAGGER_STYLE = `${COLOURS}
body {
  margin: 0;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}

:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

body > header, .identity, .log-in { max-width: 1460px; margin: 0 auto; padding: 0 1.25rem; box-sizing: border-box; }
body > header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem; padding-top: 1rem; }
body > header h1 { margin: 0; font-size: 1.25rem; }
body > header a { display: flex; align-items: center; gap: 0.625rem; color: var(--text); font-weight: 600; text-decoration: none; }
body > header a.document { color: var(--accent); font-weight: 400; font-size: 0.875rem; }
body > header a:hover { text-decoration: underline; }

.identity { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem; margin-top: 1rem; }
.log-in { margin-top: 1rem; }
.log-in p { margin: 0 0 0.5rem; color: var(--muted); font-size: 0.875rem; }
.accounts { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.identity a { color: var(--accent); font-size: 0.875rem; }
.identity strong { color: var(--text); overflow-wrap: anywhere; }
.identity span { color: var(--muted); font-size: 0.875rem; }
.accounts button, .identity button {
  padding: 0.375rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  background: var(--card);
  color: var(--text);
  font: inherit;
  font-size: 0.875rem;
  cursor: pointer;
}
.accounts button span { display: block; color: var(--muted); font-size: 0.75rem; }
.accounts button:hover, .identity button:hover { border-color: var(--accent); }
.accounts button[aria-pressed="true"] { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.accounts button[aria-pressed="true"] span { color: inherit; }

.swagger-ui, .swagger-ui .info .title, .swagger-ui .opblock-tag, .swagger-ui .btn, .swagger-ui .opblock .opblock-summary-description,
.swagger-ui .info li, .swagger-ui .info p, .swagger-ui .info table, .swagger-ui section.models h4, .swagger-ui label,
.swagger-ui .dialog-ux .modal-ux-header h3, .swagger-ui .dialog-ux .modal-ux-content h4, .swagger-ui .dialog-ux .modal-ux-content p {
  font-family: inherit;
  color: var(--text);
}
.swagger-ui .info { margin: 1rem 0 0; }
/* The header has the name, and the version is in every path. */
.swagger-ui .info .main { display: none; }
.swagger-ui .info .description p { margin: 0; }
.swagger-ui .opblock-tag { font-size: 1.25rem; }
/* White on the colours of Swagger UI is too faint to read. */
html:root .swagger-ui .opblock .opblock-summary-method { color: #000; text-shadow: none; }
html.dark-mode, html.dark-mode body, html.dark-mode .swagger-ui { background: var(--page); }
html:root .swagger-ui .scheme-container { margin: 0; padding: 0.75rem 0; background: transparent; box-shadow: none; }
html:root .swagger-ui .btn.authorize { border-color: var(--accent); color: var(--accent); }
html:root .swagger-ui .btn.authorize svg { fill: var(--accent); }
html:root .swagger-ui .btn.execute { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
html:root .swagger-ui .dialog-ux .modal-ux { background: var(--card); }
.swagger-ui .dialog-ux .modal-ux-content td { padding: 0.25rem 0.75rem 0.25rem 0; font-size: 0.75rem; overflow-wrap: anywhere; }
.swagger-ui .dialog-ux .modal-ux-content td code { padding: 0; background: none; color: var(--text); }

@media (max-width: 600px) {
  body > header, .identity, .log-in { padding-right: 0.75rem; padding-left: 0.75rem; }
  .swagger-ui .wrapper { padding: 0 0.75rem; }
  .swagger-ui .opblock .opblock-summary-path { max-width: none; overflow-wrap: anywhere; }
  .swagger-ui .dialog-ux .modal-ux { min-width: 0; width: calc(100vw - 1.5rem); }
}
`;
