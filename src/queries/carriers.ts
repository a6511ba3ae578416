/** Functions that hand a value on as it is, into a list or an object of results. */
export const carriers: ReadonlySet<string> = new Set(
  'coalesce json_build_object jsonb_build_object json_build_array jsonb_build_array json_agg jsonb_agg array_agg to_json to_jsonb'.split(
    ' ',
  ),
);
