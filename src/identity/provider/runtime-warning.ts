// oxlint-disable no-console -- it is the console of another that is kept quiet

/** How that warning begins; on a terminal it is coloured. */
const WARNING = 'oidc-provider WARNING: Unsupported runtime. ';

/**
 * Loads modules, oidc-provider among them, without its warning of a Node that is not of a long-term line yet: passthru states which Node
 * it runs on, is tested on it, and brings it along. Every other warning is printed.
 */
export const withoutRuntimeWarning = async <T>(load: () => Promise<T>): Promise<T> => {
  const { warn } = console;
  console.warn = (...parts: unknown[]): void => {
    if (!String(parts[0]).includes(WARNING)) warn(...parts);
  };
  try {
    return await load();
  } finally {
    console.warn = warn;
  }
};
