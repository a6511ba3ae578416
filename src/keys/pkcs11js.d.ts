/**
 * The part of the optional peer `pkcs11js` that this folder uses. Declared here, so that the project compiles where
 * the native module is not built.
 */
declare module 'pkcs11js' {
  interface Attribute {
    readonly type: number;
    readonly value?: Buffer | number | string | boolean;
  }
  class PKCS11 {
    load(path: string): void;
    C_Initialize(): void;
    C_GetSlotList(tokenPresent: boolean): Buffer[];
    C_GetTokenInfo(slot: Buffer): { readonly label: string };
    C_OpenSession(slot: Buffer, flags: number): Buffer;
    C_CloseSession(session: Buffer): void;
    C_Login(session: Buffer, userType: number, pin: string): void;
    C_FindObjectsInit(session: Buffer, template: readonly Attribute[]): void;
    C_FindObjects(session: Buffer, maxObjectCount: number): Buffer[];
    C_FindObjectsFinal(session: Buffer): void;
    C_GetAttributeValue(session: Buffer, object: Buffer, template: readonly Attribute[]): { readonly value: Buffer }[];
    C_EncryptInit(session: Buffer, mechanism: object, key: Buffer): void;
    C_Encrypt(session: Buffer, inData: Buffer, outData: Buffer): Buffer;
    C_DecryptInit(session: Buffer, mechanism: object, key: Buffer): void;
    C_Decrypt(session: Buffer, inData: Buffer, outData: Buffer): Buffer;
  }
  const pkcs11js: {
    readonly PKCS11: typeof PKCS11;
    readonly CKA_CLASS: number;
    readonly CKA_EXTRACTABLE: number;
    readonly CKA_KEY_TYPE: number;
    readonly CKA_LABEL: number;
    readonly CKF_SERIAL_SESSION: number;
    readonly CKK_AES: number;
    readonly CKM_AES_GCM: number;
    readonly CKO_SECRET_KEY: number;
    readonly CKU_USER: number;
    readonly CK_PARAMS_AES_GCM: number;
  };
  export default pkcs11js;
}
