/** Puts a name last in a map that has at most so many, the first of which is let go of for a new one. */
export function keepLatest<K, T>(map: Map<K, T>, name: K, value: T, most: number): void {
  if (!map.delete(name) && map.size >= most) map.delete(map.keys().next().value!)
  map.set(name, value)
}
