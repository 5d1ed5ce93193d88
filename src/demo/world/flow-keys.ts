import { removeFlowKeys } from '#client/admin/flow-keys.ts';
import { keyApi, type KeyApi } from '#client/kms/key.ts';
import type { KmsApi } from '#client/kms/kms.ts';
import type { KmsBody } from '#client/kms/operations.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';
import type { StepContext, StepWork } from '#demo/step/step.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { newFlowKeyName } from '#infra/demo-data/flow-keys.ts';
import { operator, tenantAdmin } from './callers.ts';

/** The keys that one step makes for itself. */
export interface FlowKeys {
  /** A name that nobody has; a key that gets it goes with the step. */
  newName(): string;
  /** A new elastic key of the demo's tenant. */
  newKey(algorithm: KmsBody<'createElasticKey'>['algorithm']): Promise<KeyApi>;
}

/** A step with keys of its own, which are deleted when it ends, also when it fails: a visitor finds none of them among the own ones. */
export const withFlowKeys =
  (work: (context: StepContext, kms: KmsApi, keys: FlowKeys) => Promise<string>): StepWork =>
  async (context) => {
    const kms = await tenantAdmin(context.stack);
    const names: string[] = [];
    const newName = (): string => {
      const name = newFlowKeyName();
      names.push(name);
      return name;
    };
    const newKey: FlowKeys['newKey'] = async (algorithm) =>
      keyApi(kms, (await kms.invoke('createElasticKey', { body: { name: newName(), algorithm } })).id);
    const detail = await work(context, kms, { newName, newKey }).catch(async (thrown: unknown) => {
      // What went wrong first is told; the next run removes what is left.
      await removeNamed(context.stack, names).catch((error: unknown) =>
        context.warn(`keys of this step are left until the next run: ${failureFrom(error).message}`),
      );
      throw thrown;
    });
    await removeNamed(context.stack, names);
    return detail;
  };

/** An interruption of the run does not cut it off: it is what an interrupted step still has to do. */
const removeNamed = async (stack: StackAccess, names: readonly string[]): Promise<void> => {
  const { url, session } = await operator(stack);
  await Promise.all(names.map((name) => removeFlowKeys({ url, session, name })));
};

/** Deletes the keys that an earlier run left, because it was killed. @returns how many there were */
export const removeLeftKeys = async (stack: StackAccess): Promise<number> => removeFlowKeys(await operator(stack));
