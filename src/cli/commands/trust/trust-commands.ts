import { shellWord } from '#infra/apperr/shell-word.ts';
import type { PrintedCommand } from '#cli/settings/printed-command.ts';

/** How one program is told of the CA without a change to any store. */
export interface TrustCommands {
  readonly program: string;
  readonly commands: readonly string[];
  readonly note: string;
}

/** The commands of every program that has a way of its own; absolute paths, so that they hold in every folder. */
export const trustCommands = (options: {
  readonly caFile: string;
  /** File of options for Java, which `prepare --pkcs12` makes. */
  readonly javaOptions: string;
  /** An address of the stack. */
  readonly address: string;
  readonly printedCommand: PrintedCommand;
}): readonly TrustCommands[] => {
  const { caFile, javaOptions, address, printedCommand } = options;
  const ca = shellWord(caFile);
  return [
    { program: 'Node', commands: [`export NODE_EXTRA_CA_CERTS=${ca}`], note: 'beside the public roots; read when a process starts' },
    { program: 'curl', commands: [`curl --cacert ${ca} ${address}`], note: '' },
    {
      program: 'Python',
      commands: [`export SSL_CERT_FILE=${ca} REQUESTS_CA_BUNDLE=${ca}`],
      note: 'in the place of the public roots; the second is for requests',
    },
    {
      program: 'Go',
      commands: [`export SSL_CERT_FILE=${ca}`],
      note: 'in the place of the public roots; on macOS and Windows Go asks the system',
    },
    {
      program: 'Java',
      commands: [printedCommand('prepare --pkcs12'), `java @${shellWord(javaOptions)} …`],
      note: 'in the place of the public roots',
    },
  ];
};
