import { describe, expect, it } from 'vitest';
import { blake2b256 } from '../../src/foreign/blake2b.js';

describe('blake2b256', () => {
  // hashlib of Python 3.11: blake2b(bytes 0, 1, 2, …, key=bytes(range(32)), digest_size=32).
  it.each([
    [0, '4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d'],
    [1, '41ff93a4eaeebd3b78a93438a6f62a92ab5959c859e682b72c7def406197ca4d'],
    [127, '12879e69734944f25f9ed95cbfdbb3659a307e485ed8ec118ce7c60f107357f1'],
    [128, '138893f1631ef3165629515d6ed800da3771b7926dced294205c7507351deebc'],
    [129, 'ca60f75cbb714330c046d8f28b4ed351a3ee81776bb02a96abb646fe573e3d5c'],
    [256, 'b42be36ea26392f67d1d3706ffa72b6c61c2ff38e1fabd9a49e154d54b967d83'],
  ])('gives what Python gives for %d bytes', (size, digest) => {
    const counted = (count: number) => Buffer.from(Array.from({ length: count }, (_, at) => at & 255));
    expect(blake2b256(counted(32), counted(size)).toString('hex')).toBe(digest);
  });
});
