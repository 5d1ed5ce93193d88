import { DRILLS } from '../src/demo/drills/drills.ts';
import { DRILL_NAMES } from '../src/infra/magic/drill-names.ts';

const HEAD = '| Drill | What is broken | What must hold | Engines |\n|---|---|---|---|\n';

/** The page on drills with the table of those that there are. */
export const withDrillsTable = (page: string): string => {
  const [before = '', after = ''] = page.split(HEAD);
  const rows = DRILL_NAMES.map((name) => {
    const { breaks, mustHold, source, engines } = DRILLS[name];
    return `| \`${name}\` | ${breaks} | ${mustHold} [↗](${source}) | ${engines.join(', ')} |\n`;
  });
  return `${before}${HEAD}${rows.join('')}${after.replace(/^(?:\|.*\n)*/, '')}`;
};
