import { COLOURS } from '#infra/html/look.ts';

/** Beside the colours of all pages: those of outcomes, of bars, and of services in a trace. */
const MORE_COLOURS = `
:root {
  --ok: #1a7a46; --warn: #8a5a00; --soft: #eef1f5; --busy: #9db4d6; --hair: color-mix(in srgb, var(--line) 30%, transparent);
  --t0: #1d5bb8; --t1: #0f7d7d; --t2: #8a4fb0; --t3: #b3580e; --t4: #5c6673;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ok: #6fd39b; --warn: #f0c36a; --soft: #232b36; --busy: #4a658c;
    --t0: #8ab8ff; --t1: #6ad0d0; --t2: #cfa3ee; --t3: #f2b27a; --t4: #a9b3c1;
  }
}
`;

const FRAME = `
*, *::before, *::after { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
.page { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
nav { display: none; }
main { min-width: 0; }
section, .hero { margin: 0 0 1.25rem; padding: 1.25rem; background: var(--card); border: 1px solid var(--hair); border-radius: 0.875rem; }
h1 { margin: 0.75rem 0 0.5rem; font-size: 1.875rem; line-height: 1.15; letter-spacing: -0.02em; text-wrap: balance; }
h2 { margin: 0 0 0.5rem; font-size: 1.25rem; letter-spacing: -0.01em; }
h3 { margin: 1.5rem 0 0.5rem; font-size: 1rem; }
h4 { margin: 0 0 0.375rem; font-size: 0.8125rem; color: var(--muted); }
h3 .muted { font-weight: 400; }
p { margin: 0 0 0.75rem; overflow-wrap: anywhere; }
a { color: var(--accent); overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, "Cascadia Mono", Menlo, monospace; font-size: 0.875em; }
code { overflow-wrap: anywhere; }
pre { margin: 0; padding: 0.75rem; max-height: 24rem; overflow: auto; background: var(--soft); border-radius: 0.5rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.8125rem; line-height: 1.45; }
.muted { color: var(--muted); }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 0.5rem; padding: 0.5rem 1rem; background: var(--card); z-index: 1; }
.plain { margin: 0 0 0.75rem; padding: 0; list-style: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 0.25rem; }
footer { color: var(--muted); font-size: 0.875rem; }
@media (min-width: 64rem) {
  .page { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: 2.5rem; padding-top: 2.5rem; }
  nav { display: block; position: sticky; top: 2.5rem; align-self: start; font-size: 0.9375rem; }
  nav ul { margin: 0; padding: 0; list-style: none; }
  nav ul ul { margin: 0.125rem 0 0.375rem; padding-left: 0.75rem; border-left: 1px solid var(--hair); }
  nav li { padding: 0.1875rem 0; }
  nav ul ul li { display: flex; justify-content: space-between; align-items: center; }
  nav a { color: var(--muted); text-decoration: none; }
  nav a:hover { color: var(--text); text-decoration: underline; }
  nav .mark { width: 0.75rem; height: 0.75rem; }
  section, .hero { padding: 1.75rem 2rem; }
  h1 { font-size: 2.5rem; }
}
`;

const OVERVIEW = `
.brand { display: flex; align-items: center; gap: 0.5rem; margin: 0; color: var(--muted); font-weight: 600; font-size: 0.9375rem; }
.hero { border-top: 0.25rem solid var(--ok); }
.hero.partial, .hero.failed { border-top-color: var(--alert); }
.lede { color: var(--muted); max-width: 44rem; }
.lede code { color: var(--text); }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); gap: 1rem 1.25rem; margin: 1.25rem 0 0; }
.figures div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { color: var(--muted); font-size: 0.875rem; }
.figures dd { margin: 0; font-size: 1.5rem; font-weight: 650; letter-spacing: -0.01em; }
.mark { flex: none; vertical-align: -0.125em; }
.mark circle { fill: currentColor; }
.mark path { fill: none; stroke: var(--card); stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.mark.passed { color: var(--ok); }
.mark.failed { color: var(--alert); }
.mark.skipped { color: var(--muted); }
.alert { margin: 0 0 1rem; padding: 0.75rem 1rem; border-left: 0.25rem solid var(--alert); border-radius: 0.25rem 0.5rem 0.5rem 0.25rem; background: var(--alert-page); }
.alert p { margin: 0 0 0.375rem; }
.alert .label { color: var(--alert); font-weight: 650; }
.alert pre { background: transparent; padding: 0.25rem 0; }
.plain li { display: flex; gap: 0.5rem; align-items: baseline; padding: 0.25rem 0; }
.plain li .mark { align-self: center; }
.warnings { margin: 0.5rem 0 0; padding: 0; list-style: none; }
.warnings li { padding: 0.5rem 0.75rem; margin-bottom: 0.5rem; border-left: 0.25rem solid var(--warn); background: var(--soft); border-radius: 0.25rem; overflow-wrap: anywhere; }
`;

const CHARTS = `
.chart { font-size: 0.875rem; }
.row { display: grid; grid-template-columns: 7rem minmax(0, 1fr) 4.5rem; gap: 0 0.75rem; align-items: center; padding: 0.25rem 0; }
.row .name { overflow-wrap: anywhere; }
.time { text-align: right; white-space: nowrap; color: var(--muted); font-size: 0.875rem; }
.bar, .axis { display: block; overflow: visible; }
.axis-row { padding: 0; }
.axis text { fill: var(--muted); font-size: 0.75rem; }
.track { fill: var(--soft); }
.busy, .starting { fill: var(--busy); background: var(--busy); }
.next { fill: color-mix(in srgb, var(--busy) 55%, var(--accent)); }
.critical { fill: var(--accent); background: var(--accent); }
.dead { fill: var(--alert); background: var(--alert); }
.t0 { fill: var(--t0); background: var(--t0); } .t1 { fill: var(--t1); background: var(--t1); } .t2 { fill: var(--t2); background: var(--t2); }
.t3 { fill: var(--t3); background: var(--t3); } .t4 { fill: var(--t4); background: var(--t4); }
.key { display: inline-block; flex: none; width: 0.625rem; height: 0.625rem; border-radius: 0.1875rem; }
.shares .row { grid-template-columns: 7rem minmax(0, 1fr) 7rem; }
.share { display: inline-block; width: 3rem; }
.legend { margin: 0.75rem 0 0; color: var(--muted); font-size: 0.875rem; }
.legend .key + .key, .legend .critical { margin-left: 0.75rem; }
.wide-names .row { grid-template-columns: minmax(9rem, 22rem) minmax(0, 1fr) 4.5rem; padding: 0.125rem 0; border-top: 1px solid var(--hair); }
.wide-names .axis-row { border: 0; }
.wide-names .name { display: flex; gap: 0.5rem; align-items: center; min-width: 0; }
.wide-names .text { min-width: 0; overflow-wrap: anywhere; }
.d1 { padding-left: 0.75rem; } .d2 { padding-left: 1.5rem; } .d3 { padding-left: 2.25rem; } .d4 { padding-left: 3rem; }
.d5 { padding-left: 3.75rem; } .d6 { padding-left: 4.5rem; } .d7 { padding-left: 5.25rem; } .d8 { padding-left: 6rem; }
.chart + .muted { margin: 1rem 0 0; font-size: 0.875rem; }
.slow { margin: 0; padding: 0; list-style: none; font-size: 0.9375rem; }
.slow li { display: grid; grid-template-columns: minmax(0, 1fr) auto 4.5rem; gap: 0.75rem; padding: 0.375rem 0; border-top: 1px solid var(--hair); }
.slow li:first-child { border-top: 0; }
@media (max-width: 40rem) {
  .row, .shares .row, .wide-names .row { grid-template-columns: minmax(0, 1fr) auto; row-gap: 0.25rem; padding: 0.375rem 0; }
  .row .bar, .row .axis { grid-column: 1 / -1; grid-row: 2; }
  .axis-row span { display: none; }
}
`;

const STEPS = `
.steps { border: 1px solid var(--hair); border-radius: 0.625rem; overflow: clip; }
.step + .step { border-top: 1px solid var(--hair); }
summary { cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
.step > summary { display: grid; grid-template-columns: auto minmax(7rem, 12rem) minmax(0, 1fr) auto 0.5rem; gap: 0.125rem 0.75rem; align-items: center; padding: 0.625rem 1rem; }
summary::after { content: ""; width: 0.4375rem; height: 0.4375rem; border: solid var(--muted); border-width: 0 1.5px 1.5px 0; transform: rotate(-45deg); transition: transform 120ms; }
details[open] > summary::after { transform: rotate(45deg); }
.step > summary:hover, .requests > summary:hover, .exchange > summary:hover { background: var(--soft); }
.step > summary:focus-visible, .exchange > summary:focus-visible { outline-offset: -3px; }
.title { font-weight: 600; }
.detail { color: var(--muted); font-size: 0.9375rem; overflow-wrap: anywhere; }
.inside { padding: 0.25rem 1rem 1rem; }
.checks { width: 100%; border-collapse: collapse; font-size: 0.9375rem; }
.checks th, .checks td { padding: 0.3125rem 0; border-top: 1px solid var(--hair); text-align: left; vertical-align: baseline; }
.checks tr:first-child th, .checks tr:first-child td { border-top: 0; }
.checks th { font-weight: 400; padding: 0.3125rem 1rem 0.3125rem 1.25rem; text-indent: -1.25rem; }
.checks th .mark { width: 0.75rem; height: 0.75rem; margin-right: 0.5rem; vertical-align: -0.0625em; }
.checks td { color: var(--muted); width: 45%; overflow-wrap: anywhere; }
.checks .failed th { font-weight: 600; }
.checks .got code { color: var(--alert); font-weight: 650; }
.checks .expected, .checks .got { display: block; }
.tag { padding: 0 0.375rem; border: 1px solid var(--hair); border-radius: 1rem; color: var(--muted); font-size: 0.75rem; white-space: nowrap; }
.requests { margin-top: 0.75rem; border-top: 1px solid var(--hair); padding-top: 0.25rem; }
.requests > summary, .alert summary { display: inline-flex; gap: 0.625rem; align-items: center; padding: 0.375rem 0.5rem 0.375rem 0; color: var(--muted); font-size: 0.9375rem; }
.exchange { border-top: 1px solid var(--hair); }
.exchange > summary, .lines li { display: grid; grid-template-columns: minmax(0, 1fr) auto 4.5rem 0.5rem; gap: 0.75rem; align-items: center; padding: 0.3125rem 0.25rem; font-size: 0.875rem; }
.lines li { grid-template-columns: minmax(0, 1fr) auto 4.5rem; border-top: 1px solid var(--hair); }
.line { overflow-wrap: anywhere; }
.inside, .pair { scroll-margin-top: 3.5rem; }
.basis { margin-left: 0.5rem; font-size: 0.75rem; white-space: nowrap; }
.basis a { color: var(--muted); }
.id { display: inline-block; min-width: 2.75rem; color: var(--muted); font-size: 0.75rem; }
.method { display: inline-block; min-width: 3.25rem; font-weight: 650; font-size: 0.75rem; letter-spacing: 0.03em; color: var(--muted); }
.host { color: var(--muted); }
.status { padding: 0 0.4375rem; border-radius: 0.375rem; background: var(--soft); font-size: 0.8125rem; font-weight: 600; }
.s2 { color: var(--ok); } .s4 { color: var(--warn); } .s5 { color: var(--alert); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem; padding: 0.5rem 0.25rem 1rem; }
.pair > div { min-width: 0; }
.pair p { margin: 0.25rem 0 0; font-size: 0.8125rem; }
.headers { display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr); gap: 0.125rem 0.75rem; margin: 0 0 0.75rem; font-size: 0.8125rem; }
.headers dt { color: var(--muted); overflow-wrap: anywhere; }
.headers dd { margin: 0; overflow-wrap: anywhere; white-space: pre-line; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 0 2rem; }
.facts h3 { margin-top: 0.5rem; }
.list { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.25rem 1rem; margin: 0; font-size: 0.9375rem; }
.list dt { color: var(--muted); }
.list dd { margin: 0; overflow-wrap: anywhere; }
.certificates li { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: 0 1rem; padding: 0.5rem 0; border-top: 1px solid var(--hair); font-size: 0.9375rem; }
.certificates span { overflow-wrap: anywhere; }
.certificates code { color: var(--muted); font-size: 0.75rem; }
@media (max-width: 40rem) {
  .step > summary { grid-template-columns: auto minmax(0, 1fr) auto 0.5rem; padding: 0.625rem 0.75rem; }
  .step .detail { grid-column: 2 / -1; grid-row: 2; }
  .inside { padding: 0 0.75rem 0.75rem; }
  .checks tr, .checks th, .checks td { display: block; width: auto; }
  .checks th { padding: 0.375rem 0 0 1.25rem; }
  .checks td { padding: 0 0 0.375rem 1.25rem; border-top: 0; }
  .certificates li { grid-template-columns: minmax(0, 1fr); }
  .host { display: none; }
  .exchange > summary { grid-template-columns: minmax(0, 1fr) auto 0.5rem; }
  .exchange > summary .time { display: none; }
}
@media (prefers-reduced-motion: reduce) { summary::after { transition: none; } }
`;

/** On paper: light, steps unfolded with their checks, requests only as a count, nothing that wants a click. */
const PAPER = `
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --text: #111; --muted: #444; --line: #8a94a3; --accent: #1d5bb8; --alert: #a61b1b; --alert-page: #fdecec;
    --ok: #1a7a46; --warn: #8a5a00; --soft: #eef1f5; --busy: #9db4d6; --t0: #1d5bb8; --t1: #0f7d7d; --t2: #8a4fb0; --t3: #b3580e; --t4: #5c6673;
  }
  @page { margin: 14mm; }
  * { print-color-adjust: exact; }
  html { font-size: 9pt; }
  .page { display: block; max-width: none; padding: 0; }
  nav, .skip, summary::after { display: none !important; }
  section, .hero { padding: 0 0 0.75rem; border: 0; border-radius: 0; }
  .hero { border-top: 3pt solid var(--ok); padding-top: 0.75rem; }
  .steps { border: 0; }
  .step > summary, .row, .slow li, .alert, .checks tr { break-inside: avoid; }
  .step > summary { padding: 0.375rem 0; break-after: avoid; }
  h2, h3 { break-after: avoid; }
  .inside { padding: 0 0 0.5rem 1.75rem; }
  .checks { font-size: 0.875rem; }
  .checks th, .checks td { padding-top: 0.125rem; padding-bottom: 0.125rem; border: 0; }
  .step::details-content { content-visibility: visible; display: block; block-size: auto; }
  .basis { display: none; }
  .requests { border: 0; margin: 0; padding: 0; }
  .requests::details-content { display: none; }
  pre { max-height: none; }
  a { color: inherit; text-decoration: none; }
}
`;

/** The style sheet of the page of a run, the same on each: nothing in it comes from outside. */
export const STYLE = [COLOURS, MORE_COLOURS, FRAME, OVERVIEW, CHARTS, STEPS, PAPER].join('');
