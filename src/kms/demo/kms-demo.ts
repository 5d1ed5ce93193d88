import type { Demo } from '#infra/demo-data/demo.ts';

/** The demo data of the KMS, and the keys that flows of the demo make in its tenants. */
export interface KmsDemo extends Demo {
  /**
   * Deletes elastic keys, with all their versions, that flows of the demo made in tenants of the demo: those with names as
   * `newFlowKeyName` gives them, and no others.
   *
   * @param name of the one to delete; all of them where absent
   * @returns how many there were
   */
  removeFlowKeys(name?: string): Promise<number>;
}
