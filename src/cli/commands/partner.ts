import { Command } from 'commander';
import { systemClock } from '../../base/clock.js';
import { openPartnerRegister, type PartnerCertificate } from '../../certificates/index.js';
import { type Printer, print } from '../output.js';

interface Options {
  readonly directory: string;
  readonly json: boolean;
}

const folder = [
  '-d, --directory <folder>',
  "where the register and the partners' authorities lie",
  'partners',
] as const;
const json = ['--json', 'answer as JSON', false] as const;
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** `safekeep certs partner`: the certificates by which partners' programs prove who they are. */
export function partner(printer: Printer): Command {
  const command = new Command('partner').description("issue, list and revoke partners' client certificates");
  command
    .command('issue <partner>')
    .description('a new certificate; those the partner has stay good until they are revoked or run out')
    .option(...folder)
    .option('--days <days>', 'how long it is good, 1 to 366', '90')
    .option(...json)
    .action(async (name: string, { directory, days, json: asJson }: Options & { readonly days: string }) => {
      const issued = await openPartnerRegister({ directory }).issue(name, { days: Number(days) });
      const lines = [
        `Issued certificate ${issued.serial} to ${name}, good until ${day(issued.expiresAtMs)}.`,
        `  certificate  ${issued.cert}`,
        `  private key  ${issued.key}`,
        'Hand both over out of band, then delete the key here. When the partner uses it, revoke the one before.',
      ];
      print({ json: { ...issued, expires: new Date(issued.expiresAtMs).toISOString() }, lines }, asJson, printer);
    });
  command
    .command('revoke <serial>')
    .description('from the next request on nothing is answered under this certificate')
    .option(...folder)
    .option(...json)
    .action(async (serial: string, { directory, json: asJson }: Options) => {
      const revoked = await openPartnerRegister({ directory }).revoke(serial);
      print(
        { json: { ...revoked }, lines: [`Revoked certificate ${revoked.serial} of ${revoked.partner}.`] },
        asJson,
        printer,
      );
    });
  command
    .command('list')
    .description('every certificate that was issued, and its state')
    .option(...folder)
    .option(...json)
    .action(({ directory, json: asJson }: Options) => {
      const all = openPartnerRegister({ directory }).list();
      const lines = all.map((entry) => `${entry.partner.padEnd(20)} ${entry.serial}  ${stateOf(entry)}`);
      print(
        { json: { certificates: all }, lines: lines.length === 0 ? ['No certificate was issued yet.'] : lines },
        asJson,
        printer,
      );
    });
  return command;
}

function stateOf({ revokedAtMs, expiresAtMs }: PartnerCertificate): string {
  if (revokedAtMs !== null) return `revoked ${day(revokedAtMs)}`;
  return expiresAtMs <= systemClock.nowMs() ? `expired ${day(expiresAtMs)}` : `good until ${day(expiresAtMs)}`;
}
