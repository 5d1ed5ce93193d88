/** The names of the elastic keys that demo-seed.yml gives the tenant demo, sorted; written out, so that a seed that lost one is found out. */
export const SEEDED_KEYS: readonly string[] = [
  'demo-deletion-key',
  'demo-eddsa-key',
  'demo-encryption-key',
  'demo-export-key',
  'demo-import-key',
  'demo-mac-key',
  'demo-raw-signing-key',
  'demo-signing-key',
  'demo-suspension-key',
  'demo-wrapping-key',
];
