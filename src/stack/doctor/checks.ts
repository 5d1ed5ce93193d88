import type { Check } from './patient/check.ts';
import { checkEngine } from './engine/engine.ts';
import { checkImages } from './engine/images.ts';
import { checkPortsFree } from './engine/ports.ts';
import { checkCertificates } from './folder/certificates.ts';
import { checkDisk } from './folder/disk.ts';
import { checkLock } from './folder/lock.ts';
import { checkStateFolder } from './folder/state-folder.ts';
import { checkClock } from './machine/clock.ts';
import { checkLocalhost } from './machine/localhost.ts';
import { checkMemory } from './machine/memory.ts';
import { checkNode } from './machine/node.ts';
import { checkNodeVariables } from './machine/node-variables.ts';
import { checkProxies } from './machine/proxies.ts';

/** Every check of the preflight, in the order in which they are told. */
export const CHECKS: readonly Check[] = [
  { id: 'engine', title: 'Engine', readsFolder: true, run: checkEngine },
  { id: 'images', title: 'Images', readsFolder: true, run: checkImages },
  { id: 'ports', title: 'Ports', readsFolder: true, run: checkPortsFree },
  { id: 'localhost', title: 'localhost', run: checkLocalhost },
  { id: 'state-folder', title: 'State folder', run: checkStateFolder },
  { id: 'lock', title: 'Lock', readsFolder: true, run: checkLock },
  { id: 'disk', title: 'Disk', run: checkDisk },
  { id: 'certificates', title: 'Certificates', readsFolder: true, run: checkCertificates },
  { id: 'clock', title: 'Clock', readsFolder: true, run: checkClock },
  { id: 'memory', title: 'Memory', run: checkMemory },
  { id: 'node', title: 'Node', run: checkNode },
  { id: 'node-variables', title: 'Node variables', run: checkNodeVariables },
  { id: 'proxies', title: 'Proxies', run: checkProxies },
];
