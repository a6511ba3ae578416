export { createResets, type Resets, type ResetsOptions } from './create-resets.js';
export { createMailChanges, type MailChanges, type MailChangesOptions } from './mail-change/create-mail-changes.js';
export type {
  MailChangePages,
  MailChangeState,
  MailConfirmState,
  MailUndoState,
} from './mail-change/pages.js';
export type { ForgotState, ResetPages, ResetState } from './pages.js';
export { type ResetStore, sqlResetStore } from './reset-store.js';
