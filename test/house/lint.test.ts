import { join } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { root } from './tree.js';

/** Rules that object to a text, as if it stood in a file of the tests. */
async function objections(text: string): Promise<(string | null)[]> {
  const eslint = new ESLint({
    cwd: root,
    overrideConfigFile: join(root, '.ci/eslint.config.js'),
    overrideConfig: { languageOptions: { parserOptions: { project: ['test/house/lint/tsconfig.json'] } } },
  });
  const [result] = await eslint.lintText(text, { filePath: join(root, 'test/house/lint/sample.ts') });
  return result?.messages.map(({ ruleId }) => ruleId) ?? [];
}

describe('the linter', () => {
  it('objects to a forgotten await that opens a login, and only to that', async () => {
    const found = await objections(`
      import type { Passwords, PasswordHash } from '../../../src/passwords/index.js';
      export async function signIn(passwords: Passwords, stored: PasswordHash, typed: string): Promise<boolean> {
        if (!passwords.verify(stored, typed, { account: '17' })) return false;
        return true;
      }
      export async function signInWell(passwords: Passwords, stored: PasswordHash, typed: string): Promise<boolean> {
        return (await passwords.verify(stored, typed, { account: '17' })) !== null;
      }
    `);
    expect(found).toEqual(['@typescript-eslint/no-misused-promises']);
  });

  it('objects to work that nobody waits for', async () => {
    const found = await objections(`
      import type { Passwords } from '../../../src/passwords/index.js';
      export function register(passwords: Passwords): void {
        passwords.hash('salt marsh at low tide', { account: '17' });
      }
    `);
    expect(found).toEqual(['@typescript-eslint/no-floating-promises']);
  });
});
