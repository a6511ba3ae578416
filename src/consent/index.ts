export {
  type Channel,
  createPreferences,
  type PreferenceRequest,
  type Preferences,
  type PreferencesOptions,
} from './create-preferences.js';
export { latestRequest, type PreferenceEvent } from './latest-request.js';
