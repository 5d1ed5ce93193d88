import { AppError, InternalError } from '#infra/apperr/app-error.ts';
import { loneSurrogate, repeatedMember } from '../request/member-names.ts';
import { type MediaType, requireMediaType } from '../request/media-type.ts';
import { fieldsOf, pairsOf } from '../request/form.ts';
import { textOf } from '../request/text.ts';
import type { App } from '../server.ts';

const memberInvalid = (code: string, detail: string, field: string, message: string, fix: string): AppError =>
  new AppError(code, 400, detail, { fix, fields: [{ field, message, fix }] });

/** @throws AppError for a body that is JSON and still means nothing certain */
const checkMembers = (json: string, value: unknown): void => {
  const repeated = repeatedMember(json, value);
  if (repeated !== null) {
    throw memberInvalid('member-repeated', 'The request body has a member twice.', repeated, 'appears more than once', 'Send it once.');
  }
  const lone = loneSurrogate(json, value);
  if (lone !== null) {
    const fix = 'Give text without lone surrogates.';
    throw memberInvalid(
      'text-not-unicode',
      'The request body has text that is not well-formed Unicode.',
      lone,
      'holds a lone surrogate',
      fix,
    );
  }
};

/** @throws AppError `request-invalid` 400 for anything but an object without members */
const refuseMembers = (value: unknown): void => {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const fix = 'Send no body, or {}.';
  const fields = isObject
    ? Object.keys(value).map((name) => ({ field: `/${name.slice(0, 64)}`, message: 'is not a known field', fix }))
    : [{ field: '/', message: 'must be an object without members', fix }];
  if (fields.length > 0) throw new AppError('request-invalid', 400, 'This route takes no body.', { fix, fields: fields.slice(0, 20) });
};

/**
 * Lets a server read its bodies in one way: none is a body of no bytes, any other has the media type of the route, is UTF-8 and, as
 * JSON, says each thing once. Whatever is not so is refused; nothing is repaired.
 *
 * A route with a schema for its body takes what fits it, any other no body, or the object without members that some clients send.
 *
 * @param options.reads `application/json` by default, or forms for a context of pages
 * @param options.bodyLimit bytes of a body; that of the server where absent
 */
export const readBodies = (app: App, options: { readonly reads?: MediaType; readonly bodyLimit?: number } = {}): void => {
  const { reads = 'application/json', bodyLimit } = options;
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', ...(bodyLimit === undefined ? {} : { bodyLimit }) },
    (request, bytes: Buffer, done) => {
      if (bytes.length === 0) return done(null);
      requireMediaType(request.headers, reads);
      const text = textOf(bytes);
      if (reads === 'application/x-www-form-urlencoded') return done(null, fieldsOf(pairsOf(text)));
      let json: { readonly error: Error | null; readonly value: unknown } | undefined;
      // It calls back at once, inside of a `try` that would take an error of ours for one of the JSON.
      parseJson(request, text, (error, value: unknown) => void (json = { error, value }));
      if (json === undefined) throw new InternalError('the JSON parser did not call back');
      if (json.error !== null) return done(json.error);
      checkMembers(text, json.value);
      if (request.routeOptions.schema?.body === undefined) refuseMembers(json.value);
      return done(null, json.value);
    },
  );
};

/** Refuses a request without a body where the route needs one. */
export const requireBodies = (app: App): void => {
  app.addHook('preValidation', async ({ routeOptions, body }) => {
    if (routeOptions.schema?.body === undefined || body !== undefined) return;
    throw new AppError('body-missing', 400, 'The request body is empty; this route needs one.', {
      fix: 'Send the body that the API description shows for this route.',
    });
  });
};
