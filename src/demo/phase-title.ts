const TITLES: Readonly<Record<string, string>> = { 'bring-up': 'Bring up', kms: 'KMS' };

/** The phase of a step for people: `bring-up` is `Bring up`. */
export const phaseTitle = (phase: string): string => TITLES[phase] ?? phase.charAt(0).toUpperCase() + phase.slice(1).replaceAll('-', ' ');
