/** Puts a name last in a map that has at most so many, the first of which is let go of for a new one. */
export function keepLatest<T>(map: Map<string, T>, name: string, value: T, most: number): void {
  if (!map.delete(name) && map.size >= most) map.delete(map.keys().next().value!)
  map.set(name, value)
}
