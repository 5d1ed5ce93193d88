import { type Static, Type } from 'typebox';
import { document, nullable } from './document.ts';
import { OPENED_PAGES } from './opened-pages.ts';

/** `passthru open --output json`, which opens nothing */
export const openSchema = document('open', 'passthru open', {
  page: Type.Enum(OPENED_PAGES),
  url: Type.String({ description: 'https of a service, file of a report' }),
  opened: Type.Boolean({ description: 'A browser was asked to show it' }),
  reason: nullable(Type.String()),
});

export type OpenDocument = Static<typeof openSchema>;
