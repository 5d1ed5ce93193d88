import { readFile } from 'node:fs/promises';
import type { ServiceName } from '#engine/engine.ts';
import { observed } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import type { Json } from '#infra/evidence/exchange.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { CHAIN } from '../chain.ts';
import { probe, type Probe } from '../probe.ts';
import { handshake, refusal, withoutCertificate } from './handshake.ts';
import { waitHealthy } from './wait.ts';

/** Why checks cannot be made again from a record of requests. */
const WATCHED = 'the service is looked at until it is well';
const seen = (value: Json) => observed('a TLS handshake is no request', value);

/** The check that offers a listener TLS 1.2; it is of a step for each service. */
export const OLD_TLS_CHECK = 'tls-1.2-refused';

const PASSES = 2;
/** Milliseconds that a service which is ready may take to find what it only prefers. */
const WHOLE_MS = 5_000;
const LOOK_MS = 100;

/** What a service depends on, without the second Identity, which runs for the step alone that shows it. */
const lasting = ({ dependencies }: Probe): readonly string[] => dependencies.filter((each) => !each.startsWith('partner ')).toSorted();

/** Starts a service (and, at the first call, all others beside it), waits until it is healthy, and looks at its TLS. */
export const bringUp = (service: ServiceName): { readonly run: StepWork } => ({
  run: async ({ engine, stack, services, start, check, progress, healthy, signal, now, sleep, healthTimeoutMs }) => {
    progress(`starting ${service}`);
    const started = orThrow(await start(service));
    const url = stack.endpoints[service].ready;
    const found = orThrow(
      await waitHealthy({
        service,
        url,
        probe: (inner) => probe({ stack, service, signal: inner }),
        status: () => engine.status(),
        timeoutMs: healthTimeoutMs,
        passes: PASSES,
        progress,
        now,
        sleep,
        signal,
      }),
    );
    healthy(service, found.waitedMs);
    await check('no-restart', 'Restarts while waiting', 0, observed(WATCHED, found.restarts));
    if (service !== 'telemetry') {
      const { required, preferred, streams } = CHAIN[service];
      const wanted = ['database', ...required, ...preferred, ...streams].map((name) => `${name} up`).toSorted();
      const isWhole = (seen: Probe): boolean => lasting(seen).join() === wanted.join();
      let last = found.probe;
      // It is ready without what it only prefers, and may find that a moment later.
      for (const begun = now(); !isWhole(last) && now() - begun < WHOLE_MS; last = await probe({ stack, service, signal }))
        await sleep(LOOK_MS, signal);
      await check('dependencies', '/readyz names what it depends on', wanted, observed(WATCHED, lasting(last)));
    }

    const files = stack.endpoints;
    const [ca, cert, key] = await Promise.all([read(files.caFile), read(files.client.certFile), read(files.client.keyFile)]);
    const authorities = cert.split('BEGIN CERTIFICATE').length - 1;
    const tls = { url, ca, cert, key, signal };
    const modern = await handshake(tls);
    await check('tls-1.3', 'TLS version of the listener', 'TLSv1.3', seen(modern.protocol));
    await check(
      OLD_TLS_CHECK,
      'TLS 1.2',
      'refused by the server',
      handshake({ ...tls, only: 'TLSv1.2' })
        .then(({ protocol }) => protocol, refusal)
        .then(seen),
    );
    await check('tls-chain', 'Certificates from the leaf to the trusted root, verified', authorities + 1, seen(modern.chain.length));
    await check('tls-leaf', 'The leaf is self-signed', false, seen(modern.selfSignedLeaf));
    if (service !== 'telemetry') {
      const admin = { url: files[service].admin, ca, signal };
      await check(
        'admin-certificate',
        'Admin listener without a client certificate',
        'refused by the server',
        withoutCertificate(admin).then(seen),
      );
    }

    const before = services.slice(0, services.indexOf(service)).at(-1);
    const how = started === 'already-running' ? ', was running' : '';
    return before === undefined ? `healthy${how}` : `healthy after ${before}${how}`;
  },
});

const read = (file: string): Promise<string> => readFile(file, 'utf8');
