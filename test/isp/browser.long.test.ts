import { afterAll, beforeAll, describe, it } from 'vitest';
import { missing } from '../shared/chromium.js';
import { screens } from '../shared/inspect.js';
import { inspectEveryPage } from './every-page.js';
import { openIsp, type TestIsp } from './isp.js';

if (missing !== undefined && process.env['CI']) throw new Error(missing);

describe.skipIf(missing !== undefined)('the account server on every screen', () => {
  let isp: TestIsp;
  beforeAll(async () => {
    isp = await openIsp();
  });
  afterAll(() => isp.close());

  it.each(screens)('has no fault of access on any page, on a %s', async (...screen) => {
    await inspectEveryPage(isp, screen);
  });
});
