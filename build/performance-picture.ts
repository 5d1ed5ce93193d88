/**
 * Draws the figures of docs/performance.md, docs/images/performance.svg: `npm run picture:performance`. It fetches the library that draws
 * into a temporary folder, because nothing else here needs it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Figure, performanceFigures } from './performance-figures.ts';

const PACKAGES = ['vega@6.4.0', 'vega-lite@6.5.0'];
const CONNECTIONS = 32;
/** Colours of Okabe and Ito, which people with any kind of colour vision tell apart. */
const COLOURS = { passthru: '#0072B2', OpenBao: '#E69F00', Keycloak: '#D55E00' };

const BAR_HEIGHT = 16;

/** Bars of one field with their values at the end; only the first panel names them. */
const panel = (field: keyof Figure, title: string, scale: 'log' | 'linear', format: string, named: boolean) => ({
  width: 300,
  height: { step: BAR_HEIGHT + 6 },
  encoding: {
    y: {
      field: 'row',
      type: 'nominal',
      sort: null,
      title: null,
      axis: named ? { labelLimit: 400, ticks: false, domain: false, labelPadding: 8 } : null,
    },
    x: { field, type: 'quantitative', title, scale: { type: scale, domainMin: scale === 'log' ? 1 : 0 } },
  },
  layer: [
    {
      mark: { type: 'bar', height: BAR_HEIGHT },
      encoding: {
        ...(scale === 'log' ? { x2: { datum: 1 } } : {}),
        color: {
          field: 'maker',
          type: 'nominal',
          title: null,
          scale: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
          legend: { orient: 'top' },
        },
      },
    },
    { mark: { type: 'text', align: 'left', dx: 4 }, encoding: { text: { field, type: 'quantitative', format } } },
  ],
});

const figures = (await performanceFigures()).filter(({ connections }) => connections === CONNECTIONS);
// The same call of two products, one below the other.
const values = [...Map.groupBy(figures, ({ call }) => call).values()]
  .flat()
  .map((figure) => ({ ...figure, maker: figure.product.split(' ')[0], row: `${figure.call}: ${figure.product}` }));
const specification = {
  data: { values },
  title: { text: `Beside a bare HTTPS server, ${CONNECTIONS} connections, two cores`, anchor: 'start', fontSize: 14 },
  hconcat: [
    panel('timesBare', 'CPU of a call, × the bare server (less is better)', 'log', '.1f', true),
    panel('shareOfBare', 'its calls a second, share of the bare server (more is better)', 'linear', '.2f', false),
  ],
  spacing: 72,
  bounds: 'flush',
  // Drawn on white, so that it reads on a dark page too.
  background: '#ffffff',
  padding: { left: 16, top: 16, right: 48, bottom: 16 },
  config: { font: 'system-ui, sans-serif', view: { stroke: null }, axis: { gridColor: '#e4e4e4', titleFontWeight: 'normal' } },
};

const folder = await mkdtemp(join(tmpdir(), 'passthru-plot-'));
try {
  await promisify(execFile)('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...PACKAGES]);
  const { resolve } = createRequire(join(folder, 'package.json'));
  const load = async (name: string) => import(pathToFileURL(resolve(name)).href);
  const [vega, lite] = await Promise.all([load('vega'), load('vega-lite')]);
  const svg: string = await new vega.View(vega.parse(lite.compile(specification).spec), { renderer: 'none' }).toSVG();
  await writeFile(new URL('../docs/images/performance.svg', import.meta.url), svg);
} finally {
  await rm(folder, { recursive: true, force: true });
}
