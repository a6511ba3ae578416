import { describe, expect, it } from 'vitest';
import { readIspSettings } from '../../examples/isp/settings.js';
import { shopDefaults } from '../../examples/storefront/server.js';

const read = (environment: Record<string, string> = {}) =>
  readIspSettings({ environment, flags: ['--development'], folder: '/srv', repository: '/srv' });

describe('the settings of the account server', () => {
  it('need nothing, and share neither port nor folder with the storefront', () => {
    const settings = read();
    expect(settings).toMatchObject({ port: 9443, httpPort: 9080, partnerPort: 9444, dataFolder: '/srv/.data-isp' });
    const taken = [shopDefaults.port, shopDefaults.httpPort];
    for (const port of [settings.port, settings.httpPort, settings.partnerPort]) expect(taken).not.toContain(port);
    expect(settings.dataFolder).not.toContain(`/${shopDefaults.dataFolder}/`);
    expect(settings.partnerFolder).toBe('/srv/.data-isp/partners');
  });

  it('give partners a port of their own', () => {
    expect(read({ PARTNER_PORT: '9999' }).partnerPort).toBe(9999);
    for (const PARTNER_PORT of ['9443', '9080']) expect(() => read({ PARTNER_PORT })).toThrow('a port of its own');
    expect(() => read({ PARTNER_PORT: 'many' })).toThrow('PARTNER_PORT must be a port');
  });
});
