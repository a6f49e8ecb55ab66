import type { Cors } from '../lib/cors.ts'

type Tags = Readonly<Record<string, string>>

/** What the names of these tags begin with. */
export const CORS_TAG_PREFIX = 'weir:cors-'

/** A header's name, a method: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const ORIGIN = /^(?:[a-z][a-z0-9+.-]*:\/\/[^\s/?#*,]+|null)$/i
const LONGEST_AGE = 86_400

/** Blanks stand between the items of a list: tags have no commas. `any` is for `*`, which tags do not have either. */
export const corsTagItems = (text: string): string[] =>
  text
    .split(/\s+/)
    .filter(Boolean)
    .map(item => (item.toLowerCase() === 'any' ? '*' : item))

const list =
  (property: keyof Cors, form: RegExp, what: string): Setting =>
  text => {
    const items = corsTagItems(text)
    return items.length > 0 && items.every(item => item === '*' || form.test(item))
      ? { [property]: items }
      : `has to be a list of ${what} with blanks between them, or any`
  }

/** What a tag sets, or what is wrong with it. */
type Setting = (text: string) => Cors | string

/** By the rest of the tag's name. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  'allow-origins': list('allowOrigins', ORIGIN, 'origins such as https://www.example.com'),
  'allow-methods': list('allowMethods', TOKEN, 'methods'),
  'allow-headers': list('allowHeaders', TOKEN, 'names of headers'),
  'expose-headers': list('exposeHeaders', TOKEN, 'names of headers'),
  'max-age': text =>
    /^\d{1,5}$/.test(text) && Number(text) <= LONGEST_AGE
      ? { maxAge: Number(text) }
      : `has to be a number of seconds up to ${LONGEST_AGE}`,
  'allow-credentials': text =>
    text === 'true' || text === 'false' ? { allowCredentials: text === 'true' } : 'has to be true or false',
}

function read(tags: Tags | undefined): { cors: Cors } | { wrong: string } {
  let cors: Cors = {}
  for (const [name, text] of Object.entries(tags ?? {})) {
    if (!name.startsWith(CORS_TAG_PREFIX)) continue
    const key = name.slice(CORS_TAG_PREFIX.length)
    const setting = Object.hasOwn(SETTINGS, key) ? SETTINGS[key] : undefined
    if (!setting) {
      const known = Object.keys(SETTINGS).map(each => CORS_TAG_PREFIX + each)
      return { wrong: `There is no setting ${name}. Settings are ${known.join(', ')}` }
    }
    const set = setting(text)
    if (typeof set === 'string') return { wrong: `The tag ${name} ${set}` }
    cors = { ...cors, ...set }
  }
  if (cors.allowCredentials && cors.allowOrigins?.includes('*')) {
    return { wrong: `${CORS_TAG_PREFIX}allow-credentials cannot be true where any origin is let in` }
  }
  return { cors }
}

/** What is wrong with an API's tags about pages of other origins, as a sentence. */
export function wrongCorsTag(tags: Tags | undefined): string | undefined {
  const found = read(tags)
  return 'wrong' in found ? found.wrong : undefined
}

/**
 * What an API's tags let pages of other origins do; undefined where none is let in. Methods and headers that are not
 * said are not what keeps a page out: all are allowed.
 */
export function corsOfTags(tags: Tags | undefined): Cors | undefined {
  const found = read(tags)
  if ('wrong' in found || !found.cors.allowOrigins) return undefined
  return { allowMethods: ['*'], allowHeaders: ['*'], ...found.cors }
}
