export { addressBytes, canonicalAddress, networkOf, subnetOf } from './addresses.js';
export { type CookieOptions, cookieText, readCookies } from './cookies.js';
export { createProxies, type Proxies, type ProxiesOptions, type UnlistedPeer } from './proxies.js';
export { type Sender, senderOf } from './sender.js';
export { readSetCookie, type SetCookie } from './set-cookie.js';
export { soleHeader } from './sole-header.js';
