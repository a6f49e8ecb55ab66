/** `{user}:{password}` of an endpoint's URL, both decoded; undefined where they cannot be: `%` may stand before anything. */
export function credentialsOf({ username, password }: URL): string | undefined {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  } catch {
    return undefined
  }
}
