/** Tenants, versions of whose keys have protected so often that their keys are to be rotated: they need not wait for the next look at all. */
export interface RotationHints {
  add(tenantId: string): void;
  /** The tenants that were added since the last call. */
  take(): ReadonlySet<string>;
  readonly isEmpty: boolean;
  /** Called whenever a tenant is added; one listener. */
  onAdd(listener: () => void): void;
}

export const createRotationHints = (): RotationHints => {
  let tenants = new Set<string>();
  let tell: (() => void) | null = null;
  return {
    add: (tenantId) => {
      tenants.add(tenantId);
      tell?.();
    },
    take: () => {
      const taken = tenants;
      tenants = new Set();
      return taken;
    },
    get isEmpty() {
      return tenants.size === 0;
    },
    onAdd: (listener) => {
      tell = listener;
    },
  };
};
