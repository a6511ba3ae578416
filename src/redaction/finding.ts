/** What kind of datum was found: the word in a label (`[card 1111]`), in a finding and in the counters. */
export const dataTypes = [
  'email',
  'phone',
  'card',
  'ssn',
  'iban',
  'ip',
  'jwt',
  'token',
  'sealed',
  'password_hash',
  'credential',
  'cookie',
  'password',
  'secret',
  'card_verification',
  'pin',
  'name',
  'address',
  'date_of_birth',
  'bank_account',
  'mac',
  'api_key',
  'private_key',
  'card_track',
] as const;
/** A built-in type, or the category of a policy's column (`user.contact.email`). */
export type DataType = (typeof dataTypes)[number] | (string & {});

/**
 * The value patterns that can be chosen one by one. `pair` applies the key rules to `key=value` and JSON inside texts;
 * the key rules of objects are always on. `name`, `address` and `date_of_birth` need words around them; `encoded` looks
 * into percent and JSON escapes, HTML entities, base64 and letters and digits of other forms.
 */
export const detectorNames = [
  'email',
  'phone',
  'card',
  'ssn',
  'iban',
  'ip',
  'mac',
  'credential',
  'url',
  'pair',
  'name',
  'address',
  'date_of_birth',
  'encoded',
] as const;
export type DetectorName = (typeof detectorNames)[number];

/** One place in a text that must not be printed. Offsets are UTF-16 code units, `end` exclusive. */
export interface Finding {
  readonly start: number;
  readonly end: number;
  readonly type: DataType;
  /** Which rule said so: `value/email`, `key/password`, `policy/customers.email`. */
  readonly rule: string;
}

/** A finding with what is printed in its place. */
export interface Match extends Finding {
  readonly replacement: string;
}

/** How a detector reports: null when there is nothing at this place. */
export type Detection = Match | null;
