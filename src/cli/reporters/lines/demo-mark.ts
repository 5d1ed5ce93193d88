/** That a demo provoked a refusal, or some of a sum of them. */
export type DemoMark =
  /** `isPassed`: the step ended well, so it wanted the refusal; null while it has not ended. */
  | { readonly kind: 'step'; readonly step: string; readonly isPassed: boolean | null }
  | { readonly kind: 'sum'; readonly provoked: number; readonly isAll: boolean };

/** Whether nothing of it is trouble. */
export const isNoTrouble = (mark: DemoMark): boolean => (mark.kind === 'step' ? mark.isPassed === true : mark.isAll);

/** A few words, as a field of a line. */
export const demoMarkText = (mark: DemoMark): string => {
  if (mark.kind === 'sum') return mark.isAll ? 'demo=all' : `demo=${mark.provoked}`;
  return `demo=${mark.step}${mark.isPassed === false ? ' (failed)' : ''}`;
};
