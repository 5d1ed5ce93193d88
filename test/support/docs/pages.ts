import { globSync } from 'node:fs';
import { ROOT } from '../engine.ts';

/** Pages whose commands ask a running demo; they bring it up by themselves, and the last one takes it down. */
export const PAGES_BY_HAND = [
  'docs/demo-kms.md',
  'docs/import-export.md',
  'docs/api-keys.md',
  'docs/services.md',
  'docs/demo-identity.md',
  'docs/write-an-app.md',
  'docs/trust.md',
  'docs/logs.md',
  'docs/doctor.md',
  'docs/snapshots.md',
  'docs/in-your-project.md',
  'docs/evidence.md',
  'docs/demo-integration.md',
] as const;

/** Pages whose commands run the stacks with plain Compose. */
export const PAGES_OF_COMPOSE = ['README.md', 'docs/deployments.md'] as const;

/** The guide whose commands its own test runs, between looks at what they did. */
export const PRODUCTION_GUIDE = 'docs/production.md';

/** Every page that a user reads. */
export const everyPage = (): readonly string[] => globSync(['README.md', 'docs/*.md'], { cwd: ROOT }).toSorted();
