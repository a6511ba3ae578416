import { type Check, defineCheck } from '../check.js';

const kinds = {
  skew: {
    id: 'clock.skew',
    severity: 'medium',
    title: 'A clock is off by more than a minute: certificates, codes by time, sessions and logs depend on it.',
    clauses: ['ASVS 5.0 V16.2.2', 'RFC 6238 5.2'],
    fix: 'Let every machine follow NTP (chrony, systemd-timesyncd).',
  },
} as const;

const mostMs = 60_000;

export const clocks: Check = defineCheck({
  name: 'clocks',
  needs: 'clocks',
  kinds,
  examine(all, found) {
    for (const { of, nowMs, askedMs, answeredMs } of all) {
      // Somewhere between question and answer it said so: the nearer end counts, and HTTP tells whole seconds.
      const off = nowMs < askedMs ? nowMs - askedMs : nowMs > answeredMs ? nowMs - answeredMs : 0;
      if (Math.abs(off) <= mostMs) continue;
      found(
        kinds.skew,
        `the clock of the ${of} is ${Math.round(Math.abs(off) / 1000)} s ${off < 0 ? 'slow' : 'fast'}, by that of this machine`,
        { name: of },
      );
    }
  },
});
