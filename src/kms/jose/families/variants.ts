/** A line of a family for each size or curve that its key may have, named `alg:value`. */
export const variants = <Alg extends string, Value extends string | number, Row>(
  alg: Alg,
  values: readonly Value[],
  make: (value: Value) => Row,
): Readonly<Record<`${Alg}:${Value}`, Row>> =>
  Object.fromEntries(values.map((value) => [`${alg}:${value}`, make(value)])) as Record<`${Alg}:${Value}`, Row>;

/** The name without size or curve, as it stands in headers and in the API. */
export const baseOf = (name: string): string => name.split(':', 1)[0] ?? name;
