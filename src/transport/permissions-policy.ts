/** Browser features that a page of ours does not have unless it is named. OWASP Secure Headers, 2026-07-19, and newer ones. */
const features = [
  'accelerometer',
  'autoplay',
  'bluetooth',
  'browsing-topics',
  'camera',
  'clipboard-read',
  'clipboard-write',
  'cross-origin-isolated',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'interest-cohort',
  'keyboard-map',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'sync-xhr',
  'unload',
  'usb',
  'web-share',
  'xr-spatial-tracking',
] as const;

export type Feature = (typeof features)[number];

export const knownFeatures: readonly string[] = features;

/** Everything off; what is allowed, for our own origin only. */
export function permissionsPolicy(allowed: readonly Feature[]): string {
  return features.map((feature) => `${feature}=(${allowed.includes(feature) ? 'self' : ''})`).join(', ');
}
