import { Type } from 'typebox';
import { filePath, strictObject } from '#infra/config/schema.ts';

/** The section `passwords` of the configuration. */
export const passwordsConfigSchema = strictObject(
  {
    breached_list: Type.Optional(
      filePath({
        description:
          'list of breached passwords in the form of Have I Been Pwned: a file of `HASH:COUNT` lines sorted by hash, or a folder of ranges with files `PREFIX.txt`; a new password that it holds is refused',
      }),
    ),
  },
  { default: {} },
);
