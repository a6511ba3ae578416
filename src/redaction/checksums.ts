/** Luhn over decimal digits (ISO/IEC 7812-1 annex B). */
export function luhnHolds(digits: string): boolean {
  let sum = 0;
  let doubled = false;
  for (let at = digits.length - 1; at >= 0; at -= 1) {
    let digit = digits.charCodeAt(at) - 48;
    if (doubled) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
    doubled = !doubled;
  }
  return sum % 10 === 0;
}

/** The check of an IBAN without blanks, upper case (ISO 7064 MOD 97-10). */
export function mod97Holds(iban: string): boolean {
  let rest = 0;
  for (let step = 0; step < iban.length; step += 1) {
    const code = iban.charCodeAt((step + 4) % iban.length);
    rest = code < 58 ? (rest * 10 + code - 48) % 97 : (rest * 100 + code - 55) % 97;
  }
  return rest === 1;
}
