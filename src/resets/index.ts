export { createResets, type Resets, type ResetsOptions } from './create-resets.js';
export type { ForgotState, ResetPages, ResetState } from './pages.js';
export { type ResetStore, sqlResetStore } from './reset-store.js';
