import type { DataType } from './finding.js';
import type { MaskName } from './masks.js';
import { beginsInvisible, isInvisible, lookalikes } from './trigger-table.js';

/** What a key name alone says of its value. */
export interface KeyWord {
  readonly type: DataType;
  readonly mask?: MaskName;
  /** Credentials go whatever their form is; of personal data an object below is walked and `false` stays. */
  readonly secret: boolean;
}

const secrets: Readonly<Record<string, string>> = {
  password:
    'password passwords passwd pwd passphrase passcode pass userpass passwordhash passwordhashes hashedpassword ' +
    'passwddigest passworddigest passwordconfirmation passwordconfirm passwordrepeat passwordagain confirmpassword',
  secret:
    'secret secrets clientsecret apikey apikeys secretkey privatekey accesskey accesskeyid encryptionkey signingkey ' +
    'masterkey rootkey datakey sharedsecret secrethash credential credentials connectionstring dsn pepper seedphrase mnemonic',
  token:
    'token accesstoken refreshtoken idtoken authtoken csrf xsrf csrftoken xsrftoken jwt bearer otp totp otpcode ' +
    'onetimecode onetimepassword mfacode verificationcode resetcode confirmationcode authcode authorizationcode ' +
    'accesscode recoverycode recoverycodes backupcode backupcodes loginlink magiclink resetlink tokenhash nonce2fa ' +
    'sessionid sessionkey sid sessid phpsessid jsessionid connectsid assertion samlresponse codeverifier',
  credential: 'authorization proxyauthorization auth authheader xapikey basicauth rawheaders rawtrailers',
  cookie: 'cookie cookies setcookie cookieheader',
  card_verification:
    'cvv cvc csc cvv2 cvc2 cid2 cvn cardcode securitycode cardverification trackdata track1 track2 magstripe',
  pin: 'pin pinblock pincode pinhash',
  ssn: 'ssn socialsecuritynumber socialsecurity taxid nationalid nationalinsurancenumber nino passportnumber',
};
const personal: Readonly<Record<string, string>> = {
  card:
    'card cardnumber cardno ccnumber ccnum creditcard creditcardnumber debitcard debitcardnumber pan primaryaccountnumber ' +
    'billingcard paymentcard',
  iban: 'iban',
  bank_account: 'bankaccount bankaccountnumber accountnumber routingnumber sortcode bic',
  email: 'email emailaddress mailaddress useremail replyto',
  phone: 'phone phonenumber telephone telephonenumber mobile mobilenumber cellphone tel fax faxnumber msisdn',
  date_of_birth: 'dob dateofbirth birthdate birthday birthdata',
  name: 'firstname lastname surname fullname givenname familyname maidenname middlename cardholder cardholdername nameoncard',
  address:
    'postaladdress streetaddress street street1 street2 addressline addressline1 addressline2 billingaddress shippingaddress homeaddress mailingaddress',
};
/** Only as parameters of a URL or a form: elsewhere `code` is an error's and `key` a cache's. */
const parameters: Readonly<Record<string, string>> = {
  token: 'code key sig signature hash session state otp ticket invite invitation magic reset confirm t k',
  password: 'pw p',
  name: 'name fname lname',
};
/** Endings that say it all in keys written as one word: `dbpassword`, `sessiontoken`. */
const endings: readonly (readonly [string, DataType])[] = [
  ['password', 'password'],
  ['passwd', 'password'],
  ['secret', 'secret'],
  ['apikey', 'secret'],
  ['token', 'token'],
  ['sessionid', 'token'],
  ['cookie', 'cookie'],
];
const masks: Readonly<Record<string, MaskName>> = { email: 'email', phone: 'phone', card: 'card' };

const words = new Map<string, KeyWord>();
for (const [type, list] of Object.entries(secrets)) {
  for (const word of list.split(' ')) words.set(word, { type, secret: true });
}
for (const [type, list] of Object.entries(personal)) {
  const mask = masks[type];
  for (const word of list.split(' ')) words.set(word, { type, secret: false, ...(mask === undefined ? {} : { mask }) });
}
const parameterWords = new Map<string, KeyWord>();
for (const [type, list] of Object.entries(parameters)) {
  for (const word of list.split(' ')) parameterWords.set(word, { type, secret: true });
}

const longestKey = 128;
/** Plurals of counts and settings that end in a secret's word and hold none. */
const harmless = new Set([
  'boardingpass',
  'bypass',
  'datetoken',
  'pagetoken',
  'nextpagetoken',
  'continuationtoken',
  'nexttoken',
  'issuetoken',
]);

/** `newPassword`, `NEW-PASSWORD`, `user[new_password]`, `new password` → new, password. */
export function keyParts(key: string): readonly string[] {
  const tail = key.length > longestKey ? key.slice(-longestKey) : key;
  return plainLetters(tail)
    .normalize('NFKC')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '');
}

/** Letters of other alphabets as what they look like, invisible characters left out: `pаsswоrd` is a password. */
function plainLetters(key: string): string {
  if (!/[^\u0000-\u007f]/.test(key)) return key;
  let out = '';
  for (const char of key) {
    const code = char.charCodeAt(0);
    if (!isInvisible(code) && !beginsInvisible(code)) out += lookalikes.get(code) ?? char;
  }
  return out;
}

/** A key without case and separators, for comparing whole names. */
export function foldKey(key: string): string {
  return keyParts(key).join('');
}

/**
 * The tail of a key decides: `new_password` and `passwordHash` are secrets, `token_count` and `password_changed_at` are
 * not. Up to four words are read together, because `api key`, `apiKey` and `APIKEY` are one name.
 */
export function wordOfKey(key: string, isParameter: boolean): KeyWord | undefined {
  const parts = keyParts(key);
  if (parts.length === 0) return undefined;
  if (harmless.has(parts.slice(-2).join('')) || harmless.has(parts.slice(-3).join(''))) return undefined;
  const found = tailWord(parts) ?? tailWord(withoutNumber(parts));
  if (found !== undefined) return found;
  return isParameter ? parameterWords.get(parts.join('')) : undefined;
}

function tailWord(parts: readonly string[]): KeyWord | undefined {
  let tail = '';
  for (let count = 1; count <= 4 && count <= parts.length; count += 1) {
    tail = (parts[parts.length - count] ?? '') + tail;
    const word = words.get(tail);
    if (word !== undefined && !isPartOfOther(word, parts, count)) return word;
  }
  const last = parts[parts.length - 1] ?? '';
  const ending = endings.find(([suffix]) => last.endsWith(suffix));
  return ending === undefined ? undefined : { type: ending[1], secret: true };
}

/** `has_email`, `show_phone`, `is_mobile`, `library_card`: a question or another thing, not the datum. */
const otherThings = new Set(
  'is has show hide use send allow enable require needs can boarding gift library report sim sd graphics score'.split(
    ' ',
  ),
);
function isPartOfOther(word: KeyWord, parts: readonly string[], count: number): boolean {
  return !word.secret && otherThings.has(parts[parts.length - count - 1] ?? '');
}

/** `password2`, `address_line_1` */
function withoutNumber(parts: readonly string[]): readonly string[] {
  const last = parts[parts.length - 1] ?? '';
  const plain = last.replace(/\d+$/, '');
  return plain === '' ? parts.slice(0, -1) : [...parts.slice(0, -1), plain];
}
