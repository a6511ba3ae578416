/** Keys that a ring derives for one use each, so that no two uses share a key. */
export interface DerivedKeys {
  /** 32 bytes bound to the purpose and the label, from the purpose's active key; the id says which key that was. */
  derive(purpose: 'index' | 'pseudonyms' | 'limits', label: string): { readonly keyId: number; readonly key: Buffer };
}
