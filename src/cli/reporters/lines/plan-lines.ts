import type { ChalkInstance } from 'chalk';
import { printable } from '#infra/lines/printable.ts';
import { PORTS_OF_A_STACK } from '#infra/magic/magic.ts';
import type { PlanDocument } from '#cli/documents/plan.ts';
import { columnsOf, fit, formatDuration, pad, wrapItems, wrapText } from '../terminal/layout.ts';
import { phaseTitle } from '#demo/phase-title.ts';

export interface PlanLayout {
  readonly paint: ChalkInstance;
  readonly width: number;
  /** Without the steps. */
  readonly isBrief: boolean;
}

const LABEL = 15;

/** A plan for a reader: what is there and what is made, then each step with what it needs and the time that it usually takes. */
export const planLines = (plan: PlanDocument, layout: PlanLayout): readonly string[] => {
  const { paint, width } = layout;
  const row = (label: string, items: readonly string[], separator = ' · '): readonly string[] =>
    wrapItems(items.map(printable), { separator, columns: width - LABEL - 2 }).map(
      (line, at) => `  ${at === 0 ? paint.bold(pad(label, LABEL)) : ' '.repeat(LABEL)}${line}`,
    );
  const head = `passthru ${plan.run}   engine ${plan.engine}: ${printable(plan.engine_reason)} · profile ${plan.profile}`;
  return [
    ...wrapText(head, width).map((line, at) => (at === 0 ? paint.bold(line) : line)),
    '',
    ...row(
      'Services',
      plan.services.map(({ service, state }) => `${service} ${state === 'running' ? 'runs' : 'to start'}`),
    ),
    ...row('Ports', portsOf(plan)),
    ...heldPorts(plan).map((text) => `  ${' '.repeat(LABEL)}${paint.red('✗')} ${text}`),
    ...row('Images', imagesOf(plan)),
    ...row('Certificates', certificatesOf(plan)),
    ...row('Data', [plan.data.length === 0 ? 'none yet: seeded' : `of ${plan.data.join(' and ')} stays`]),
    ...(layout.isBrief ? [] : stepLines(plan, layout)),
    '',
    ...wrapText(timeOf(plan), width - 2).map((line) => `  ${line}`),
    ...row('Critical path', plan.critical_path, ' → '),
  ];
};

const portsOf = ({ services }: PlanDocument): readonly string[] => {
  if (services.every(({ ports }) => ports.length === 0)) return ['free ones, which the start chooses'];
  const all = services.flatMap(({ ports }) => ports.map(({ port }) => port));
  const [first, last] = [Math.min(...all), Math.max(...all)];
  const range = last - first < PORTS_OF_A_STACK ? [`${first} to ${last}`] : [];
  return [...range, ...services.map(({ service, ports }) => `${service} ${ports.map(({ port }) => port).join(', ')}`)];
};

const heldPorts = ({ services }: PlanDocument): readonly string[] =>
  services.flatMap(({ service, ports }) =>
    ports.flatMap(({ port, holder }) => (holder === null ? [] : [`port ${port} of ${service} is held by ${printable(holder)}`])),
  );

const imagesOf = ({ missing_images: missing }: PlanDocument): readonly string[] => {
  if (missing === null) return ['none needed'];
  return missing.length === 0 ? ['all there'] : missing.map((name, at) => (at === 0 ? `to build or pull: ${name}` : name));
};

const certificatesOf = ({ certificates: { authority, leaves } }: PlanDocument): readonly string[] => {
  if (authority.state === 'missing') return [`a CA and ${leaves.length} certificates, to make`];
  if (authority.state === 'faulty') return [`a CA and ${leaves.length} certificates, to make anew: ${authority.why}`];
  const bad = leaves.filter(({ state }) => state !== 'sound');
  if (bad.length === 0) return [`${leaves.length}, kept`];
  return bad.map(({ name, why }, at) => `${at === 0 ? 'to make anew: ' : ''}${name}${why === null ? '' : ` (${why})`}`);
};

const stepLines = ({ steps }: PlanDocument, { paint, width }: PlanLayout): readonly string[] => {
  const titleColumns = Math.max(...steps.map(({ title }) => columnsOf(title)));
  const total = String(steps.length);
  const columns = Math.min(width, 100);
  return steps.flatMap(({ phase, title, needs, predicted_ms: predicted }, at) => {
    const before = `  [${String(at + 1).padStart(total.length)}/${total}] ${pad(title, titleColumns)}  `;
    const time = predicted === null ? 'no earlier run' : formatDuration(predicted);
    const room = columns - columnsOf(before) - columnsOf(time) - 1;
    const text = needs.length === 0 ? '' : `needs ${needs.join(', ')}`;
    const heading = phase === steps[at - 1]?.phase ? [] : ['', `  ${paint.bold(phaseTitle(phase))}`];
    return [...heading, `${before}${fit(text, room)} ${paint.dim(time)}`];
  });
};

const timeOf = ({ prediction: { duration_ms: duration, runs, start }, steps, missing_images: missing }: PlanDocument): string => {
  const images = missing === null || missing.length === 0 ? '' : '; images come first, which takes a minute or two';
  const began = { fresh: 'with nothing', kept: 'with data of before', running: 'with all services up' }[start];
  if (duration === null) {
    const unknown = steps.filter(({ predicted_ms: predicted }) => predicted === null).length;
    const what =
      unknown === steps.length ? `no earlier run began ${began}` : `no earlier run that began ${began} passed ${unknown} of the steps`;
    return `How long it takes is not known: ${what}${images}.`;
  }
  return `About ${formatDuration(duration)}, by ${runs} earlier ${runs === 1 ? 'run that' : 'runs that'} began ${began}${images}.`;
};
