import { fault, fine, type Patient } from '../patient/check.ts';

/** Every address of a stack is below `localhost`, which an entry in the hosts file may send elsewhere. */
export const checkLocalhost = async ({ machine, options: { signal } }: Patient) => {
  const why = await machine.reachLocalhost(signal);
  if (why === null) return fine('leads to this machine');
  return fault(
    `a listener on 127.0.0.1 cannot be reached as localhost: ${why}`,
    'Give localhost the address 127.0.0.1, and ::1 beside it, in /etc/hosts, or in the hosts file of Windows.',
  );
};
