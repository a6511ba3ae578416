import { oneOfRule } from '../base/options.js';

/**
 * How far a site has gone with HSTS. What a browser has learnt lasts as long as the age says, whatever the server says
 * later: begin with `trial`, and go on when every subdomain answers over TLS. `preload` is for those who submit the
 * domain to the browsers' list, which takes months to leave. `end` makes browsers forget.
 */
export type HstsStage = 'end' | 'trial' | 'year' | 'two_years' | 'preload';

/** RFC 6797 section 6.1. ASVS 5.0 V3.4.1 asks a year with subdomains, Mozilla's guideline 6.0 two. */
const values: Readonly<Record<HstsStage, string>> = {
  end: 'max-age=0',
  trial: 'max-age=300; includeSubDomains',
  year: 'max-age=31536000; includeSubDomains',
  two_years: 'max-age=63072000; includeSubDomains',
  preload: 'max-age=63072000; includeSubDomains; preload',
};

export const hstsRule: ReturnType<typeof oneOfRule<HstsStage>> = oneOfRule<HstsStage>(
  'end',
  'trial',
  'year',
  'two_years',
  'preload',
);

export function hstsHeader(stage: HstsStage): readonly [name: string, value: string] {
  return ['Strict-Transport-Security', values[stage]];
}
