/** The object that a JSON text is; null for any other value, and for a text that is no JSON. */
export const jsonObject = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    // No JSON is no object.
    return null;
  }
};

/** Whether a value has no more objects and lists in one another than so many: what reads them calls itself, and a stranger may nest them at will. */
export const isNestedWithin = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' || value === null || (levels > 0 && Object.values(value).every((each) => isNestedWithin(each, levels - 1)));

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
