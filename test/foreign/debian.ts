import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Libraries of other languages, from Debian. `.ci/run` installs them: what is left out there is a failure. */
const illuminate = '/usr/share/php/Illuminate/Encryption/autoload.php';
export const hasLaravel: boolean = existsSync(illuminate);
if (!hasLaravel)
  console.warn('laravelReader is not tested against Laravel: install php-cli and php-illuminate-encryption.');
/** Lockbox 0.6 uses StringIO and does not ask for it. */
const required = ['-r', 'stringio', '-r', 'json', '-r', 'lockbox'];
export const hasLockbox: boolean = spawnSync('ruby', [...required, '-e', '1'], { stdio: 'ignore' }).status === 0;
if (!hasLockbox) console.warn('lockboxReader is not tested against Lockbox: install ruby and ruby-lockbox.');

/** Runs PHP that has Laravel's Encrypter, and gives the JSON it prints. */
export function laravel<T>(body: string): T {
  const script = `require '${illuminate}'; use Illuminate\\Encryption\\Encrypter; echo json_encode((function () { ${body} })());`;
  return JSON.parse(execFileSync('php', ['-r', script], { encoding: 'utf8' })) as T;
}

/** Runs Ruby that has Lockbox, and gives the JSON of the value of the body. */
export function lockbox<T>(body: string): T {
  const script = `puts JSON.generate((lambda { ${body} }).call)`;
  return JSON.parse(execFileSync('ruby', [...required, '-e', script], { encoding: 'utf8' })) as T;
}
