import type { Random } from '../base/clock.js';
import { plainForm, type StoredForm } from './stored-form.js';

export interface SealedOptions {
  readonly application: string;
}

export function formOf(options: SealedOptions | undefined, _random: Random): StoredForm {
  if (options === undefined) return plainForm;
  return plainForm;
}
