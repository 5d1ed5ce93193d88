import { type TObject, type TProperties, Type } from 'typebox';

/** An object that refuses unknown keys: what every configuration and every request body is made of. */
export const strictObject = <P extends TProperties>(properties: P, options: Record<string, unknown> = {}): TObject<P> =>
  Type.Object(properties, { ...options, additionalProperties: false });

export const httpsUrl = (description: string) => Type.String({ pattern: '^https://[^\\s#@]+$', maxLength: 512, description });

/** A file name in a configuration file; a relative one is relative to that file, not to the working directory. */
export const filePath = (options: Record<string, unknown> = {}) => Type.String({ minLength: 1, 'x-path': true, ...options });
