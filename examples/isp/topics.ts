/** What a start page may show; the news in it are invented. */
export const topics = [
  { id: 'weather', name: 'Weather', line: 'Frost in the hollows tonight, then three dry days.' },
  { id: 'markets', name: 'Fields and markets', line: 'Early potatoes fetch a little more than last week.' },
  { id: 'village', name: 'Village news', line: 'The bridge at the mill is open again, on one side.' },
  { id: 'sky', name: 'The night sky', line: 'Jupiter stands high in the south at ten.' },
  { id: 'sport', name: 'Sport', line: 'The tug-of-war of the parishes ended in a draw.' },
  { id: 'net', name: 'State of the net', line: 'All lines are up; the mast on the ridge is painted on Friday.' },
] as const;

/** The topics that were asked for: null where one is none of ours. A single box comes as text, several as a list. */
export function readTopics(body: unknown): readonly string[] | null {
  const given =
    typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>)['topic'] : undefined;
  const asked = given === undefined ? [] : Array.isArray(given) ? (given as readonly unknown[]) : [given];
  const known = new Set<unknown>(topics.map(({ id }) => id));
  if (!asked.every((one) => known.has(one))) return null;
  return topics.map(({ id }) => id).filter((id) => asked.includes(id));
}

/** The topics of a stored row, as they were sealed. */
export function topicsOf(stored: unknown): readonly string[] {
  return Array.isArray(stored) ? stored.filter((one): one is string => typeof one === 'string') : [];
}
