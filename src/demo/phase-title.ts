import { capitalized } from '#infra/lines/capitalized.ts';

const TITLES: Readonly<Record<string, string>> = { 'bring-up': 'Bring up', kms: 'KMS' };

/** The phase of a step for people: `bring-up` is `Bring up`. */
export const phaseTitle = (phase: string): string => TITLES[phase] ?? capitalized(phase.replaceAll('-', ' '));
