import type { Kind } from './kinds.js';

type Rule = readonly [words: RegExp, is: Kind, because?: string];

/** First match wins, so that the particular stands before the general. Words are whole parts of a snake_case name. */
const rules: readonly Rule[] = [
  [
    /^(password|passwd|pwd|pass|passphrase)_?(hash|digest|bcrypt|argon2)$|^(encrypted|hashed)_password$/,
    'password_hash',
  ],
  [
    /^(password|passwd|pwd|passphrase|pass)$/,
    'password_hash',
    'a hash? A password as it was typed may never be stored',
  ],
  [
    /(^|_)(cvv2?|cvc2?|cid|card_(verification|security)(_code)?|security_code)(_|$)/,
    'card_verification',
    'a card verification code may never be stored (PCI DSS 3.3.1): drop the column',
  ],
  [/(^|_)(card|cc|pan)_?(expiry|expires?|exp)(_|$)|^exp(iry)?_(month|year|date)$/, 'card_expiry'],
  [/(^|_)(card_?holder|name_on_card)(_name)?$|^cc_name$/, 'card_holder'],
  [/(^|_)(card_number|card_no|cc_number|ccn|pan|credit_card|card)$/, 'card_number'],
  [/(^|_)last_?4$|(^|_)last_four$/, 'card_number', 'the last digits of a card?'],
  [/(^|_)(iban|bic|sort_code|routing_number|account_number|bank_account)$/, 'bank_account'],
  [/(^|_)e?_?mail(_address)?$|^login_email$/, 'email'],
  [/(^|_)(phone|mobile|cell|fax|telephone|tel)(_?(number|no))?$/, 'phone'],
  [/(^|_)(dob|date_of_birth|birth_?date|birthday|born(_on)?)$/, 'date_of_birth'],
  [/(^|_)(age_band|age_group|age_range)$/, 'age_band'],
  [/(^|_)ip(v[46])?(_?addr(ess)?)?$|(^|_)(remote_addr|client_address)$/, 'ip_address'],
  [/(^|_)user_?agent$/, 'user_agent'],
  [/(^|_)refer(r)?er(_url)?$/, 'referrer'],
  [/(^|_)(first|last|given|family|middle|full|display|contact|recipient|sur)_?name$|^surname$/, 'name'],
  [
    /(^|_)(street|address(_line)?_?[0-9]?|addr[0-9]?|postal_address|postcode|post_code|postal_code|zip(_?code)?)$/,
    'postal_address',
  ],
  [/(^|_)(city|town|county|province|state|region|country)$/, 'postal_address', 'part of a postal address?'],
  [
    /(^|_)(ssn|social_security(_number)?|tax_id|national_id|passport(_number)?|licen[cs]e_number)$/,
    'bank_account',
    'an official number: no kind of its own yet; sealed and dropped from logs like a bank account',
  ],
  [
    /(^|_)(api_?key|access_token|refresh_token|secret|token|session_id|otp|pin|private_key)(_hash)?$/,
    'credential',
    'a secret that must be shown again? Otherwise store its hash and call it not personal',
  ],
  [
    /(^|_)(security|secret)_(question|answer)$/,
    'credential',
    'the answer to a security question is a password that people tell others',
  ],
  [
    /(^|_)(newsletter|opt_?in|opt_?out|consent|subscribed|marketing|unsubscribed)(_|$)/,
    'preference',
    'a choice must be a dated event (safekeep/consent), not a flag',
  ],
  [/(^|_)(customer|member|client|subscriber)_(number|no|code)$/, 'customer_number'],
  [
    /(^|_)(user_?name|login|nick(name)?|screen_name|handle)$/,
    'customer_number',
    'what people sign in with? If it can be an address, it is an email',
  ],
  [/(^|_)(interests?|hobbies|profile|bio|about|gender|occupation|employer)$/, 'interest', 'part of a profile?'],
  [
    /(^|_)(message|comments?|feedback|notes?|body|question|complaint|gift_note|review)$/,
    'message',
    'free text that people write?',
  ],
  [/(^|_)(lat(itude)?|lon(gitude)?|lng|geo(location)?|coordinates)$/, 'postal_address', 'where a person is?'],
  [/(^|_)(visitor|cookie|device|tracking|advertising)_id$/, 'cookie_id'],
];

/** What a name says of a column. `because`: what a person has to decide; undefined: it says nothing. */
export function guessKind(name: string): { readonly is: Kind; readonly because?: string } | undefined {
  const found = rules.find(([words]) => words.test(name));
  if (found === undefined) return undefined;
  const [, is, because] = found;
  return because === undefined ? { is } : { is, because };
}
