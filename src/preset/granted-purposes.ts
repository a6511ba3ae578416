/** The opt-in boxes that were ticked: `extra: { preferences: ['newsletter'] }`. A box left alone is no event. */
export function grantedPurposes(extra: Readonly<Record<string, unknown>>): readonly string[] {
  const { preferences } = extra;
  return Array.isArray(preferences)
    ? preferences.filter((purpose): purpose is string => typeof purpose === 'string')
    : [];
}
