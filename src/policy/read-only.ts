/**
 * A copy that nobody can change while the program runs: objects and lists are frozen, and a map shows itself through a
 * view, because a frozen `Map` still takes `set`. What was one object stays one.
 */
export function readOnly<T>(value: T): T {
  return copy(value, new Map()) as T;
}

function copy(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  let made: unknown;
  if (value instanceof Map) made = mapView(new Map([...value].map(([key, part]) => [key, copy(part, seen)])));
  else if (Array.isArray(value)) made = Object.freeze(value.map((part) => copy(part, seen)));
  else {
    const parts = Object.entries(value).map(([key, part]) => [key, copy(part, seen)]);
    made = Object.freeze(Object.fromEntries(parts));
  }
  seen.set(value, made);
  return made;
}

/** The map itself stays in here: not even `Map.prototype.set.call` reaches it. */
function mapView<K, V>(map: ReadonlyMap<K, V>): ReadonlyMap<K, V> {
  const view: ReadonlyMap<K, V> = {
    get size() {
      return map.size;
    },
    get: (key) => map.get(key),
    has: (key) => map.has(key),
    keys: () => map.keys(),
    values: () => map.values(),
    entries: () => map.entries(),
    forEach(act) {
      for (const [key, value] of map) act(value, key, view);
    },
    [Symbol.iterator]: () => map.entries(),
  };
  return Object.freeze(view);
}

/** Whether something is a map as far as reading goes. */
export function isMapLike(value: unknown): value is ReadonlyMap<unknown, unknown> {
  const { get, entries, size } = (value ?? {}) as Partial<ReadonlyMap<unknown, unknown>>;
  return typeof get === 'function' && typeof entries === 'function' && typeof size === 'number';
}
