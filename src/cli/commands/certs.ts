import { Command } from 'commander';
import { issueDevelopmentCertificates } from '../../certificates/index.js';
import { type Printer, print } from '../output.js';
import { partner } from './partner.js';

interface Options {
  readonly directory: string;
  readonly host: readonly string[];
  readonly json: boolean;
}

/** `safekeep certs`: certificates for a developer's own machine. */
export function certs(printer: Printer): Command {
  const command = new Command('certs')
    .description('issue development certificates from a CA of your own (never for production)')
    .option('-d, --directory <folder>', 'where the files are kept; keep it out of version control', 'certs')
    .option('-H, --host <name...>', 'names and addresses the server is reached by', ['localhost', '127.0.0.1', '::1'])
    .option('--json', 'answer as JSON', false)
    .action(async ({ directory, host, json }: Options) => {
      const { ca, cert, key, expiresAtMs, issued, caIssued } = await issueDevelopmentCertificates({
        directory,
        hosts: host,
      });
      const expires = new Date(expiresAtMs).toISOString();
      const lines = [
        issued
          ? `Issued a certificate for ${host.join(', ')}.`
          : `The certificate for ${host.join(', ')} is still good.`,
        `  certificate  ${cert}`,
        `  private key  ${key}`,
        `  authority    ${ca}${caIssued ? '  (new: whoever trusted an older one must trust this one)' : ''}`,
        `  expires      ${expires}`,
        'Trust the authority on this machine only:',
        `  curl --cacert ${ca} https://localhost:8443/`,
        `  NODE_EXTRA_CA_CERTS=${ca} node client.js`,
        '  a browser: import the authority under certificates, authorities, websites',
      ];
      print({ json: { ca, cert, key, expires, issued, caIssued, hosts: host }, lines }, json, printer);
    });
  command.addCommand(partner(printer));
  return command;
}
