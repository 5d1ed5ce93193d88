export const KNOWN_SCHEMAS: Readonly<Record<string, readonly string[]>> = {};
