import type { ColumnRule } from './rules.js';

type KindDefaults = Omit<ColumnRule, 'purposes'>;

export type Kind =
  | 'name'
  | 'postal_address'
  | 'email'
  | 'phone'
  | 'date_of_birth'
  | 'age_band'
  | 'card_number'
  | 'card_expiry'
  | 'card_holder'
  | 'card_verification'
  | 'bank_account'
  | 'customer_number'
  | 'purchase'
  | 'message'
  | 'interest'
  | 'preference'
  | 'ip_address'
  | 'user_agent'
  | 'referrer'
  | 'page_view'
  | 'cookie_id'
  | 'password'
  | 'password_hash'
  | 'credential';

/** Kinds whose values are not text. A test holds this beside the table below. */
export interface KindValues {
  readonly date_of_birth: 'date';
  readonly preference: 'boolean';
}

const contact = { access: 'contact', atRest: 'sealed', logs: 'drop', correct: 'self', erase: 'shred' } as const;
const financial = { access: 'financial', atRest: 'sealed', logs: 'drop', correct: 'verified', erase: 'shred' } as const;
const technical = { access: 'technical', atRest: 'sealed', logs: 'mask', correct: 'never', erase: 'delete' } as const;
const credential = { access: 'credential', logs: 'drop', correct: 'never', erase: 'delete' } as const;
const text = { value: 'text', source: 'registration' } as const;

/**
 * What a datum is decides how it is kept: the first thing a policy says of a column, and for most columns the last.
 * Categories are keys of the fideslang taxonomy. Every rule can be overridden beside `is`.
 */
export const kinds: Readonly<Record<Kind, KindDefaults>> = {
  name: { ...text, ...contact, category: 'user.name' },
  postal_address: { ...text, ...contact, category: 'user.contact.address' },
  email: {
    ...text,
    ...contact,
    category: 'user.contact.email',
    logs: 'mask',
    correct: 'verified',
    normaliser: 'email/1',
  },
  phone: { ...text, ...contact, category: 'user.contact.phone_number', logs: 'mask', normaliser: 'phone/1' },
  date_of_birth: {
    ...text,
    ...contact,
    category: 'user.demographic.date_of_birth',
    value: 'date',
    correct: 'verified',
  },
  age_band: {
    ...text,
    ...contact,
    category: 'user.demographic.age_range',
    atRest: 'clear',
    logs: 'show',
    erase: 'delete',
  },
  card_number: { ...text, ...financial, category: 'user.financial.credit_card', logs: 'mask', normaliser: 'digits/1' },
  card_expiry: { ...text, ...financial, category: 'user.financial.credit_card' },
  card_holder: { ...text, ...financial, category: 'user.financial.credit_card' },
  /** PCI DSS 3.3.1: never kept after authorisation, so a policy may name it and no table may hold it. */
  card_verification: {
    ...text,
    ...financial,
    category: 'user.financial.credit_card',
    atRest: 'never',
    correct: 'never',
  },
  bank_account: { ...text, ...financial, category: 'user.financial.bank_account', logs: 'drop', normaliser: 'alnum/1' },
  customer_number: {
    ...text,
    category: 'user.unique_id',
    access: 'identifier',
    atRest: 'clear',
    logs: 'token',
    correct: 'annotate',
    erase: 'delete',
  },
  purchase: {
    ...text,
    category: 'user.behavior.purchase_history',
    access: 'transaction',
    atRest: 'clear',
    logs: 'drop',
    correct: 'annotate',
    erase: 'delete',
  },
  message: {
    ...text,
    category: 'user.content.private',
    access: 'communication',
    atRest: 'sealed',
    logs: 'drop',
    correct: 'annotate',
    erase: 'shred',
  },
  interest: {
    ...text,
    category: 'user.demographic.profile',
    access: 'inferred',
    atRest: 'sealed',
    logs: 'drop',
    correct: 'self',
    erase: 'shred',
  },
  preference: {
    ...text,
    category: 'user.privacy_preferences',
    access: 'communication',
    atRest: 'clear',
    logs: 'show',
    value: 'boolean',
    correct: 'self',
    erase: 'delete',
  },
  ip_address: { ...text, ...technical, category: 'user.device.ip_address', source: 'request' },
  user_agent: { ...text, ...technical, category: 'user.device', source: 'request' },
  referrer: { ...text, ...technical, category: 'user.behavior.browsing_history', source: 'request', logs: 'drop' },
  page_view: { ...text, ...technical, category: 'user.behavior.browsing_history', source: 'request', logs: 'drop' },
  cookie_id: { ...text, ...technical, category: 'user.device.cookie_id', source: 'request', logs: 'drop' },
  /** A password as it is typed: it may be part of an intake, and no table may hold it. */
  password: { ...text, ...credential, category: 'user.authorization.password', atRest: 'never' },
  password_hash: { ...text, ...credential, category: 'user.authorization.password', atRest: 'hashed' },
  /** A credential that must be shown or used again: dial-in passwords, API tokens of a partner. */
  credential: { ...text, ...credential, category: 'user.authorization.credentials', atRest: 'sealed' },
};
