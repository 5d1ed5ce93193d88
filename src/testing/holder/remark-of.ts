import type { DemoEvent } from '#demo/events.ts';

/** An event as a line for whoever reads along; null for those that say nothing of interest to a suite. */
export const remarkOf = (event: DemoEvent): string | null => {
  switch (event.type) {
    case 'step-started':
      return `${event.step.title} …`;
    case 'step-progress':
      return event.text;
    case 'step-finished':
      return `${event.stepId} ${event.status}: ${event.error?.message ?? event.detail}`;
    case 'warning':
      return `! ${event.text}`;
    case 'root-cause':
      return event.line;
    default:
      return null;
  }
};
