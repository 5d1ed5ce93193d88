import { type Static, Type } from 'typebox';
import { predictionSchema } from '#demo/report.ts';
import { SERVICES } from '#engine/engine.ts';
import { strictObject } from '#infra/config/schema.ts';
import { document, nullable } from './document.ts';

const certificate = {
  state: Type.Enum(['sound', 'faulty', 'missing'], { description: 'sound is kept; the others are made' }),
  why: Type.Union([Type.String(), Type.Null()], { description: 'Why it is made again' }),
};

/** `passthru plan --output json` */
export const planSchema = document('plan', 'passthru plan', {
  run: Type.String({ description: 'The command that it is the plan of, for example demo all' }),
  engine: Type.Enum(['embedded', 'docker']),
  engine_reason: Type.String(),
  profile: Type.Enum(['dev', 'demo', 'ci', 'prod']),
  services: Type.Array(
    strictObject({
      service: Type.Enum([...SERVICES]),
      state: Type.Enum(['absent', 'starting', 'running', 'exited'], { description: 'What runs is not started again' }),
      ports: Type.Array(
        strictObject({
          port: Type.Integer(),
          holder: Type.Union([Type.String(), Type.Null()], { description: 'Somebody else who has it: the run would not start' }),
        }),
        { description: 'None where the start chooses free ones' },
      ),
    }),
    { description: 'To bring up, in the order of the dependency chain' },
  ),
  missing_images: Type.Union([Type.Array(Type.String()), Type.Null()], { description: 'To build or pull; null: none are needed' }),
  certificates: strictObject({
    authority: strictObject(certificate),
    leaves: Type.Array(strictObject({ name: Type.String(), ...certificate })),
  }),
  data: Type.Array(Type.Enum(['identity', 'kms']), { description: 'Servers whose data is there and stays' }),
  steps: Type.Array(
    strictObject({
      id: Type.String({ description: '<phase>.<name>' }),
      phase: Type.String(),
      title: Type.String(),
      needs: Type.Array(Type.String()),
      predicted_ms: nullable(Type.Integer({ minimum: 0 })),
      runs: Type.Integer({ minimum: 0, description: 'Earlier runs of the same kind behind the prediction' }),
    }),
  ),
  prediction: predictionSchema,
  critical_path: Type.Array(Type.String(), {
    description: 'The chain of steps, each needing the one before, that takes longest; the one with most steps where a time is not known',
  }),
});

export type PlanDocument = Static<typeof planSchema>;
