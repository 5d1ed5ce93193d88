import { afterEach, describe, expect, it, vi } from 'vitest';
import { databaseKinds } from '#test/support/database.ts';

const choose = (database: string, options: { readonly postgres?: string; readonly ci?: string } = {}) => {
  vi.stubEnv('PASSTHRU_TEST_DATABASE', database);
  vi.stubEnv('PASSTHRU_TEST_POSTGRES', options.postgres);
  vi.stubEnv('CI', options.ci);
  return databaseKinds();
};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('Contract tests', () => {
  it('run on both databases where there is a PostgreSQL', () => {
    expect(choose('', { postgres: '/a/file' })).toEqual(['sqlite', 'postgres']);
    expect(choose('both', { postgres: '/a/file' })).toEqual(['sqlite', 'postgres']);
  });

  it('run on the one that is named, and on no other', () => {
    expect(choose('sqlite', { postgres: '/a/file' })).toEqual(['sqlite']);
    expect(choose('sqlite', { ci: 'true' })).toEqual(['sqlite']);
    expect(choose('postgres', { postgres: '/a/file' })).toEqual(['postgres']);
  });

  it.each(['postgres', 'both'])('fail when %s is named and there is no PostgreSQL', (named) => {
    expect(() => choose(named)).toThrow(`PASSTHRU_TEST_DATABASE=${named}, but PASSTHRU_TEST_POSTGRES names no PostgreSQL`);
  });

  it('go on with SQLite alone where nothing is named and there is no PostgreSQL, but not in CI', () => {
    expect(choose('')).toEqual(['sqlite']);
    expect(() => choose('', { ci: 'true' })).toThrow('CI must test on PostgreSQL');
  });

  it('take no other word', () => {
    expect(() => choose('mysql')).toThrow('PASSTHRU_TEST_DATABASE must be sqlite, postgres, both, not "mysql"');
  });
});
