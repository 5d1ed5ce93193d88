import { evaluate } from '#infra/evidence/evaluate.ts';
import type { Json } from '#infra/evidence/exchange.ts';
import type { Recipe } from '#infra/evidence/recipe.ts';
import { type Seen, seenAt } from './view.ts';

/** A recipe while a run lasts: its exchanges are there. */
type LiveRecipe = Recipe<Seen>;

/**
 * A value that was taken from answers, with the way by which it was taken; a check that has one can be made again from the record of the
 * run. Members that are not there are null, and nothing throws.
 *
 *     check('kid', 'It names the new version', from(next).body('/id'), from(fresh).body('/ciphertext').header('/kid'));
 */
export class Taken {
  readonly recipe: LiveRecipe;

  constructor(recipe: LiveRecipe) {
    this.recipe = recipe;
  }

  get value(): Json {
    return evaluate(this.recipe, ({ exchange }) => exchange);
  }

  /** A member of the protected header of a compact JOSE object. */
  header(at: string): Taken {
    return new Taken({ do: 'header', with: this.recipe, at });
  }

  /** A claim of a JWT, whose signature nobody looks at here. */
  claim(at: string): Taken {
    return new Taken({ do: 'claim', with: this.recipe, at });
  }

  /** The number of parts of a compact JOSE object. */
  get parts(): Taken {
    return new Taken({ do: 'parts', with: this.recipe });
  }

  /** The number of entries of a list. */
  get count(): Taken {
    return new Taken({ do: 'count', with: this.recipe });
  }

  /** The version of a UUID (RFC 9562 section 4.2). */
  get uuidVersion(): Taken {
    return new Taken({ do: 'uuid-version', with: this.recipe });
  }

  /** A parameter of a URL's query. */
  query(name: string): Taken {
    return new Taken({ do: 'query', with: this.recipe, name });
  }

  /** A parameter of a challenge. */
  parameter(name: string): Taken {
    return new Taken({ do: 'parameter', with: this.recipe, name });
  }

  /** The value of a directive of a policy. */
  directive(name: string): Taken {
    return new Taken({ do: 'directive', with: this.recipe, name });
  }

  /** A text up to a sign. */
  before(sign: string): Taken {
    return new Taken({ do: 'before', with: this.recipe, sign });
  }

  /** Whether a text holds another. */
  contains(sign: string): Taken {
    return new Taken({ do: 'contains', with: this.recipe, sign });
  }

  /** The name of an id in a table of names. */
  named(names: Readonly<Record<string, string>>): Taken {
    return new Taken({ do: 'named', with: this.recipe, in: names });
  }

  /** A URL without its query. */
  get address(): Taken {
    return new Taken({ do: 'address', with: this.recipe });
  }

  /** The path of a URL. */
  get path(): Taken {
    return new Taken({ do: 'path', with: this.recipe });
  }

  /** The first part of the path of a URL. */
  get place(): Taken {
    return new Taken({ do: 'place', with: this.recipe });
  }

  /** The entries of a list in order of their text. */
  get sorted(): Taken {
    return new Taken({ do: 'sorted', with: this.recipe });
  }

  /** The entries of a list, each once. */
  get distinct(): Taken {
    return new Taken({ do: 'distinct', with: this.recipe });
  }

  /** Words that stand in one text, as a list. */
  get unspaced(): Taken {
    return new Taken({ do: 'unspaced', with: this.recipe });
  }

  /** One member of each entry of a list. */
  each(at: string): Taken {
    return new Taken({ do: 'each', with: this.recipe, at });
  }

  /** This value, or another where it is not there. */
  or(other: Json): Taken {
    return new Taken({ do: 'first', with: [this.recipe, { take: 'value', value: other }] });
  }

  /** One of two values: by whether this one is true. */
  choose(yes: Json, no: Json): Taken {
    return new Taken({ do: 'choose', if: this.recipe, yes, no });
  }
}

/** The parts of one exchange, each as a value that is taken from it. */
export interface Source {
  readonly status: Taken;
  /** The URL that was asked. */
  readonly url: Taken;
  /** The body of the answer as a whole, to be compared with another. */
  readonly text: Taken;
  /** Status and error code, for example `403 scope-insufficient`; the status alone where there is no code. */
  readonly answer: Taken;
  /** The error of its challenge (RFC 6750 section 3) behind the status, for example `401 invalid_token`. */
  readonly challenge: Taken;
  header(name: string): Taken;
  /** The first cookie whose name begins so: a list of its value and attributes. */
  cookie(name: string): Taken;
  /** A member of the answer's body; of a page, its title, heading and forms. */
  body(pointer: string): Taken;
  /** A member of the body that was sent. */
  sent(pointer: string): Taken;
}

/** @param value an answer of a session, or an object of its parsed body, below which `body` then looks */
export const from = (value: object): Source => {
  const of = seenAt(value);
  const status = new Taken({ take: 'status', of });
  const header = (name: string): Taken => new Taken({ take: 'header', of, name });
  const body = (pointer: string): Taken => new Taken({ take: 'body', of, at: `${of.pointer}${pointer}` });
  return {
    status,
    url: new Taken({ take: 'url', of }),
    text: new Taken({ take: 'text', of }),
    answer: words(status, body('/code')),
    challenge: words(status, header('www-authenticate').parameter('error')),
    header,
    cookie: (name) => new Taken({ take: 'cookie', of, name }),
    body,
    sent: (pointer) => new Taken({ take: 'sent', of, at: pointer }),
  };
};

/** `403 scope-insufficient`, to be put behind a request: `kms.call(…).then(answered)`. */
export const answered = (response: object): Taken => from(response).answer;
export const statusOf = (response: object): Taken => from(response).status;

type Part = Taken | Json;
const recipeOf = (part: Part): LiveRecipe => (part instanceof Taken ? part.recipe : { take: 'value', value: part });

/** Values with a space between them, without those that are not there. */
export const words = (...parts: readonly Part[]): Taken => new Taken({ do: 'words', with: parts.map(recipeOf), between: ' ' });
/** Values as one text, without those that are not there. */
export const text = (...parts: readonly Part[]): Taken => new Taken({ do: 'words', with: parts.map(recipeOf), between: '' });
export const list = (parts: readonly Part[]): Taken => new Taken({ do: 'list', with: parts.map(recipeOf) });
export const equal = (one: Part, other: Part): Taken => new Taken({ do: 'equal', with: [recipeOf(one), recipeOf(other)] });
export const all = (...parts: readonly Part[]): Taken => new Taken({ do: 'all', with: parts.map(recipeOf) });
/** Whether every one of them is there. */
export const present = (...parts: readonly Part[]): Taken => new Taken({ do: 'present', with: parts.map(recipeOf) });
/** Whether they are there and no two are alike. */
export const different = (...parts: readonly Part[]): Taken => new Taken({ do: 'different', with: parts.map(recipeOf) });

/** Compares values that must not be printed: gives `name` when they are equal, `not <name>` when they differ. */
export const same = (name: string, wanted: Part, got: Part): Taken => all(equal(wanted, got), present(got)).choose(name, `not ${name}`);

/** A value that no record of requests and answers can show, and the reason. */
export class Observed {
  readonly value: Json;
  readonly why: string;

  constructor(value: Json, why: string) {
    this.value = value;
    this.why = why;
  }
}

/** @param why one clause, for example `a signature was checked while the token was there` */
export const observed = (why: string, value: Json): Observed => new Observed(value, why);

/** The error code of OAuth (RFC 6749 section 5.2) in an answer; `accepted` where there is none. */
export const errorIn = (response: object): Taken => from(response).body('/error').or('accepted');

/** The member `state` of an object that a server told. */
export const stateOf = (told: object): Taken => from(told).body('/state');

/** Whether a JSON Web Key has a part that only its owner may have; `at` is where in a told object it may stand. @see RFC 7518 section 6 */
export const hasSecretPart = (told: object, ...at: readonly string[]): Taken => {
  const places = at.length === 0 ? [''] : at;
  const parts = places.flatMap((place) => ['d', 'k', 'p', 'q'].map((part) => from(told).body(`${place}/${part}`).recipe));
  return present(new Taken({ do: 'first', with: parts }));
};

/** Whether an answer of `verify` calls a signature valid. */
export const validOf = (answer: object): Taken => from(answer).body('/valid');
