/** What one worker of a server measured, as text of Prometheus. */
export interface Exposition {
  readonly worker: number;
  readonly text: string;
}

/** The first line about a metric; with the others that follow up to the next one, it is that metric. */
const HELP = /^# HELP (\S+)/;
/** Name of a sample, and where its labels begin. */
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{?)/;

/** `up 1` becomes `up{worker="2"} 1`, and `up{a="b"} 1` becomes `up{worker="2",a="b"} 1`. */
const labelled = (line: string, worker: number): string =>
  line.replace(SAMPLE, (_, name: string, brace: string) => `${name}{worker="${worker}"${brace === '' ? '}' : ','}`);

const isAbout = (line: string): boolean => line.startsWith('#');

interface Metric {
  readonly name: string;
  readonly about: readonly string[];
  readonly samples: readonly string[];
}

const metricsOf = ({ worker, text }: Exposition): readonly Metric[] =>
  text.split(/^(?=# HELP )/m).map((block) => {
    const lines = block.split('\n').filter((line) => line !== '');
    return {
      name: HELP.exec(block)?.[1] ?? '',
      about: lines.filter(isAbout),
      samples: lines.filter((line) => !isAbout(line)).map((line) => labelled(line, worker)),
    };
  });

/**
 * One text of the texts of several workers, whose number is a label of each sample: "All lines for a given metric must be provided as one
 * single group".
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#grouping-and-sorting
 */
export const mergeExpositions = (texts: readonly Exposition[]): string => {
  const inOrder = texts.toSorted((one, other) => one.worker - other.worker);
  const groups = Map.groupBy(inOrder.flatMap(metricsOf), ({ name }) => name);
  const lines = [...groups.values()].flatMap((group) => [...(group[0]?.about ?? []), ...group.flatMap(({ samples }) => samples)]);
  return `${lines.join('\n')}\n`;
};
