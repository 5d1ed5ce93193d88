import { Buffer } from 'node:buffer';
import { isNestedWithin, jsonObject } from '#infra/json/json-object.ts';
import type { Exchange, Json } from './exchange.ts';
import type { Recipe } from './recipe.ts';

/** Recipes in a recipe at most: those of a run have a few, and a bundle may come from anybody. */
const MAX_DEPTH = 12;
/** Objects and lists in one another, in a header or in claims. */
const MAX_NESTING = 32;

/**
 * The value that a recipe gives; null where an exchange, a member or a header is not there. It never throws, whatever a stranger wrote
 * into a bundle.
 *
 * @param find an exchange by its name; undefined where there is none
 */
export const evaluate = <R>(recipe: Recipe<R>, find: (of: R) => Exchange | undefined): Json => {
  try {
    return read(recipe, find, 0);
  } catch (thrown) {
    // A recipe of a stranger may have any form; one that is malformed gives nothing.
    if (thrown instanceof TypeError) return null;
    throw thrown;
  }
};

const read = <R>(recipe: Recipe<R>, find: (of: R) => Exchange | undefined, depth: number): Json => {
  if (depth > MAX_DEPTH) return null;
  const inner = (other: Recipe<R>): Json => read(other, find, depth + 1);
  if ('take' in recipe) return recipe.take === 'value' ? recipe.value : taken(recipe, find(recipe.of));
  switch (recipe.do) {
    case 'header':
      return at(joseHeader(inner(recipe.with)), recipe.at);
    case 'claim':
      return at(claims(inner(recipe.with)), recipe.at);
    case 'parts':
      return textOf(inner(recipe.with)).split('.').length;
    case 'count':
      return listOf(inner(recipe.with)).length;
    case 'uuid-version':
      return Number.parseInt(textOf(inner(recipe.with))[14] ?? '', 16) || null;
    case 'query':
      return urlOf(inner(recipe.with))?.searchParams.get(recipe.name) ?? null;
    case 'parameter':
      return parameterOf(textOf(inner(recipe.with)), recipe.name);
    case 'directive':
      return directiveOf(inner(recipe.with), recipe.name);
    case 'before': {
      const value = inner(recipe.with);
      return typeof value === 'string' ? (value.split(recipe.sign)[0] ?? null) : null;
    }
    case 'named': {
      const id = inner(recipe.with);
      return Object.entries(recipe.in).find(([, known]) => known === id)?.[0] ?? `unknown ${textOf(id)}`;
    }
    case 'contains':
      return textOf(inner(recipe.with)).includes(recipe.sign);
    case 'address': {
      const url = urlOf(inner(recipe.with));
      return url === null ? null : url.origin === RELATIVE ? url.pathname : url.origin + url.pathname;
    }
    case 'path':
      return urlOf(inner(recipe.with))?.pathname ?? null;
    case 'place':
      return urlOf(inner(recipe.with))?.pathname.split('/')[1] ?? null;
    case 'sorted':
      return listOf(inner(recipe.with)).toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
    case 'distinct':
      return [...new Set(listOf(inner(recipe.with)))];
    case 'unspaced':
      return textOf(inner(recipe.with)).split(' ');
    case 'each':
      return listOf(inner(recipe.with)).map((entry) => at(entry, recipe.at));
    case 'first':
      return recipe.with.map(inner).find((value) => value !== null) ?? null;
    case 'list':
      return recipe.with.flatMap((part) => inner(part) as Json | Json[]);
    case 'words':
      return recipe.with
        .map(inner)
        .filter((value) => value !== null)
        .map(textOf)
        .join(recipe.between);
    case 'equal':
      return sameJson(inner(recipe.with[0]), inner(recipe.with[1]));
    case 'all':
      return recipe.with.every((part) => inner(part) === true);
    case 'present':
      return recipe.with.every((part) => inner(part) !== null);
    case 'different': {
      const values = recipe.with.map((part) => JSON.stringify(inner(part)));
      return new Set(values).size === values.length && !values.includes('null');
    }
    case 'choose':
      return inner(recipe.if) === true ? recipe.yes : recipe.no;
    default:
      return null;
  }
};

const taken = <R>(recipe: Extract<Recipe<R>, { of: R }>, exchange: Exchange | undefined): Json => {
  if (exchange === undefined) return null;
  const { request, answer } = exchange;
  switch (recipe.take) {
    case 'status':
      return answer.status;
    case 'url':
      return request.url;
    case 'text':
      return answer.body?.text ?? '';
    case 'header':
      return Object.hasOwn(answer.headers, recipe.name) ? (answer.headers[recipe.name] ?? null) : null;
    case 'cookie': {
      const found = answer.cookies.find((cookie) => cookie.startsWith(recipe.name));
      return found === undefined ? null : found.slice(found.indexOf('=') + 1).split('; ');
    }
    case 'body':
      return at(answer.body?.value ?? null, recipe.at);
    case 'sent':
      return at(request.body?.value ?? null, recipe.at);
    default:
      return null;
  }
};

/** @see RFC 6901 */
const at = (value: Json, pointer: string): Json => {
  let found: Json | undefined = value;
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return null;
    found = (found as Readonly<Record<string, Json>>)[name];
  }
  return found ?? null;
};

/** The object of a part of a compact JOSE object; null for any other text. */
const decoded = (part: string | undefined): Json => {
  const value = jsonObject(Buffer.from(part ?? '', 'base64url').toString('utf8'));
  return isNestedWithin(value, MAX_NESTING) ? (value as Json) : null;
};
const joseHeader = (value: Json): Json => decoded(textOf(value).split('.')[0]);
const claims = (value: Json): Json => decoded(textOf(value).split('.')[1]);

const RELATIVE = 'https://relative.invalid';
const urlOf = (value: Json): URL | null => (typeof value === 'string' ? URL.parse(value, RELATIVE) : null);

/** @see RFC 9110 section 11.2 */
const parameterOf = (challenge: string, name: string): string | null => {
  const begin = challenge.indexOf(`${name}="`);
  if (begin < 0) return null;
  const from = begin + name.length + 2;
  const end = challenge.indexOf('"', from);
  return end < 0 ? null : challenge.slice(from, end);
};

/** @see https://www.w3.org/TR/CSP3/#parse-serialized-policy */
const directiveOf = (policy: Json, name: string): string | null => {
  if (typeof policy !== 'string') return null;
  const directives = policy.split(';').map((each) => each.trim());
  return directives.find((each) => each.startsWith(`${name} `))?.slice(name.length + 1) ?? null;
};

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
const sameJson = (one: Json, other: Json): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Characters of a value that a check prints. */
const MAX_RENDERED = 160;

/** A value as a check prints it: entries of a list with a space between them, cut where it is long. */
export const render = (value: Json): string => {
  const text = Array.isArray(value) ? value.map(plain).join(' ') : plain(value);
  return text.length > MAX_RENDERED ? `${text.slice(0, MAX_RENDERED - 1)}…` : text;
};

const plain = (value: Json): string => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value));
