import type { Database } from '../../src/base/ports/database.js';

/**
 * The canary: values that exist nowhere else are typed into every form, and are then looked for in every line of the
 * log, every error body, every header and every redirect, as they are and in the encodings they could hide in.
 */
export const canary = {
  name: 'Quillon Varnavides-Threlkeld',
  address: '4711 Heronsgate Parade\nWexcombe, OR 97035',
  phone: '+1 202 555 0168',
  card_number: '4242 4242 4242 4242',
  card_expiry: '11/31',
  password: 'unrepeatable canary of the ninth wharf',
};

/** What of the canary must not turn up, whole and in parts. */
export const canarySecrets: readonly string[] = [
  canary.name,
  'Varnavides',
  'Heronsgate',
  'Wexcombe',
  '2025550168',
  '202 555 0168',
  '4242424242424242',
  canary.card_number,
  canary.password,
  'quillon',
];

/** Looks for values in a text, as they are and encoded. */
export function finder(secrets: readonly string[]): (text: string) => readonly string[] {
  const planted = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('hex'),
  ]);
  return (text) => {
    const lower = text.toLowerCase();
    return planted.filter((secret) => lower.includes(secret.toLowerCase()));
  };
}

/** Every row of every table, the application's and ours, as text. */
export async function everyRow(
  database: Database,
): Promise<readonly { readonly table: string; readonly row: string }[]> {
  const tables = await database.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema in ('public', 'safekeep')`,
  );
  const all: { table: string; row: string }[] = [];
  for (const { name } of tables) {
    const rows = await database.query(`select t::text as row from ${name} t`);
    for (const { row } of rows) all.push({ table: name, row: String(row) });
  }
  return all;
}
