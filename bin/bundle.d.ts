// For build/ and tests; it goes into no package and no image.
export const INSTALLED: string;
export const stateOf: (file: string) => readonly [size: number, changedMs: number] | null;
export const sourcesOf: (program: string) => string;
export const isCurrent: (root: string, programs: readonly string[]) => boolean;
