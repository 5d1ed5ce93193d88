import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../engine.ts';

/** A program of docs/samples/clients that is to run here. */
export interface Recipe {
  /** As docs/clients.md calls the library. */
  readonly library: string;
  /** Its folder below docs/samples/clients. */
  readonly folder: string;
  /** Gets ready in a copy of the folder. @returns the command line, in that copy */
  prepare(place: Place): Promise<readonly string[]>;
}

export interface Place {
  /** The copy of the folder. */
  readonly folder: string;
  /** The authority of the stack. */
  readonly ca: string;
}

/** Whether packages may be fetched, and programs compiled for minutes: `PASSTHRU_RECIPES=all`. */
export const ALL = process.env['PASSTHRU_RECIPES'] === 'all';
const SAMPLES = join(ROOT, 'docs/samples/clients');

const run = async (folder: string, program: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(program, args, { cwd: folder, env: { ...process.env, ...(ALL ? {} : { GOPROXY: 'off' }) } })).stdout;

const node = (library: string): Recipe => ({
  library,
  folder: 'node',
  // Packages are looked for above a program: this one stays where it is.
  prepare: () => Promise.resolve([process.execPath, join(SAMPLES, `node/${library}.mjs`)]),
});

const python = (library: string, file: string, ...modules: readonly string[]): Recipe => ({
  library,
  folder: 'python',
  prepare: async ({ folder }) => {
    if (ALL) {
      await run(folder, 'python3', '-m', 'venv', 'env');
      await run(folder, 'env/bin/pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt');
    } else await run(folder, 'python3', '-c', `import ${modules.join(', ')}`);
    return [ALL ? 'env/bin/python' : 'python3', file];
  },
});

/** What a pom names, as a class path; without fetching where that is not allowed. */
const classPath = async (folder: string): Promise<string> => {
  await run(folder, 'mvn', ...(ALL ? [] : ['-o']), '-q', 'dependency:copy-dependencies', '-DoutputDirectory=lib');
  return 'lib/*';
};

const go: Recipe = {
  library: 'golang.org/x/oauth2 with go-oidc',
  folder: 'go',
  prepare: async ({ folder }) => {
    await run(folder, 'go', 'build', '-mod=readonly', '-o', 'recipe', '.');
    return ['./recipe'];
  },
};

const nimbus: Recipe = {
  library: 'Nimbus oauth2-oidc-sdk',
  folder: 'nimbus',
  prepare: async ({ folder }) => ['java', '-cp', await classPath(folder), 'Recipe.java'],
};

const spring: Recipe = {
  library: 'Spring Security',
  folder: 'spring',
  prepare: async ({ folder, ca }) => {
    needsAll('it starts a server of sixty packages');
    const store = ['-keystore', 'ca.p12', '-storepass', 'changeit'];
    await run(folder, 'keytool', '-importcert', '-noprompt', '-alias', 'passthru', '-file', ca, ...store);
    const trust = ['-Djavax.net.ssl.trustStore=ca.p12', '-Djavax.net.ssl.trustStorePassword=changeit'];
    return ['java', ...trust, '-cp', await classPath(folder), 'Recipe.java'];
  },
};

const rust: Recipe = {
  library: 'openidconnect for Rust',
  folder: 'rust',
  prepare: async ({ folder }) => {
    needsAll('it compiles for minutes');
    await run(folder, 'cargo', 'build', '--quiet');
    return ['target/debug/recipe'];
  },
};

const needsAll = (why: string): void => {
  if (!ALL) throw new Error(`${why}; PASSTHRU_RECIPES=all runs it`);
};

export const RECIPES: readonly Recipe[] = [
  node('openid-client'),
  node('oauth4webapi'),
  python('Authlib', 'with_authlib.py', 'authlib', 'joserfc', 'requests'),
  python('requests-oauthlib', 'with_requests_oauthlib.py', 'requests_oauthlib', 'jwt', 'cryptography'),
  spring,
  go,
  nimbus,
  rust,
];

/** Copies the folder of a recipe, and gets it ready. @returns the command line, or why it cannot run on this machine */
export const prepared = async (recipe: Recipe, place: Place): Promise<readonly string[] | string> => {
  await cp(join(SAMPLES, recipe.folder), place.folder, { recursive: true });
  try {
    return await recipe.prepare(place);
  } catch (error) {
    const told = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return `the recipe for ${recipe.library} is left out: ${told}`;
  }
};
