import type { DemoEvent } from '#demo/events.ts';
import { lanesOf } from '#cli/run-files/lanes.ts';
import type { PageData } from '#cli/reporters/page/page-data.ts';
import { recordedReport } from './cli-events.ts';

/** The page of a recorded run. */
export const recordedPage = (events: readonly DemoEvent[], change: Partial<PageData> = {}): PageData => ({
  report: recordedReport(events, '/home/place/.passthru/tls/ca.pem'),
  startedAt: events[0]?.at ?? 0,
  lanes: lanesOf(events),
  exchanges: [],
  bases: {},
  trace: null,
  environment: { version: '1.2.3', node: 'v26.10.0', platform: 'linux x64', certificates: [], notes: [] },
  ...change,
});

/** Text that would be markup, a script, an attribute or a turn of direction where it is not escaped. */
export const HOSTILE = `</pre></style><script>alert(1)</script><img src=x onerror="alert(1)"> ' " \` & \u202E\u0000`;
