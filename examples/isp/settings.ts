import { join } from 'node:path';
import {
  type Defaults,
  portOf,
  readSettings,
  type Settings,
  type SettingsFrom,
  SettingsProblem,
} from '../shared/settings.js';

/** Beside the storefront's, so that both run on one machine. */
export const ispDefaults: Defaults = {
  dataFolder: '.data-isp',
  port: 9443,
  httpPort: 9080,
  example: 'https://isp.example',
};

export interface IspSettings extends Settings {
  /** Where partners' programs are heard, with their certificates. */
  readonly partnerPort: number;
  /** The register of partners' certificates: made and changed by `safekeep certs partner`. */
  readonly partnerFolder: string;
}

/** The settings of both servers, and those of the partners' listener. */
export function readIspSettings(from: SettingsFrom): IspSettings {
  const settings = readSettings(from, ispDefaults);
  const partnerPort = portOf('PARTNER_PORT', from.environment['PARTNER_PORT']?.trim() || '9444');
  if (partnerPort === settings.port || partnerPort === settings.httpPort)
    throw new SettingsProblem(`PARTNER_PORT is ${partnerPort}, which is taken already: it needs a port of its own.`);
  return Object.freeze({ ...settings, partnerPort, partnerFolder: join(settings.dataFolder, 'partners') });
}
