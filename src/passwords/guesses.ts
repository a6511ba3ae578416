/**
 * Sequences that a person types without thinking and a guesser tries first. Any three or more of their characters in a
 * row count as one.
 */
const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890123456789',
  '1234567891011121314151617181920212223242526',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik',
  'qazwsxedcrfvtgbyhnujmik',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  '!@#$%^&*()',
];
export const sequences: readonly string[] = [...rows, ...rows.map((row) => [...row].reverse().join(''))];

/**
 * Words and phrases that lead every list of stolen passwords, and the well-known answers to "choose a long one". Made
 * by hand, folded like the passwords they are looked for in (lower case, no blanks). It is small on purpose: it stops
 * the first guesses, it is no list of breached passwords.
 */
export const commonWords: readonly string[] = `
password passwort passwords passphrase passcode motdepasse contrasena parola pass word secret letmein openup opensesame
welcome hello admin administrator root user guest login signin master manager access changeme default temp temporary test
testing example sample qwerty azerty asdf zxcv computer internet server secure security private monkey dragon tiger
butterfly unicorn princess sunshine flower summer winter spring autumn january february march april june july august
september october november december monday tuesday wednesday thursday friday saturday sunday football baseball
basketball hockey soccer liverpool arsenal chelsea superman batman spiderman pokemon starwars matrix jesus christ god
angel heaven love lover iloveyou iloveu loveme forever always family mother father baby babygirl honey cookie chocolate
coffee cheese pizza michael jordan jennifer jessica ashley daniel thomas charlie robert whatever nothing trustno one two
three four five six seven eight nine ten yes please thankyou this is my the your our new old number account bank money
correcthorsebatterystaple thequickbrownfoxjumpsoverthelazydog thequickbrownfox jumpsoverthelazydog tobeornottobe
thatisthequestion maytheforcebewithyou marryhadalittlelamb maryhadalittlelamb twinkletwinklelittlestar onceuponatime
loremipsumdolorsitamet loremipsum nevergonnagiveyouup iamyourfather helloworld thisismypassword mypassword
letmeinplease iwanttobreakfree wearethechampions allyouneedislove happybirthday happybirthdaytoyou ihatepasswords
idontknow iforgotmypassword passwordpassword winteriscoming tothemoonandback carpediem inthebeginning ourfatherwhoart
`
  .trim()
  .split(/\s+/);
