import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import type { StreamFacts } from './chunk-tables.ts'
import { objectsOf } from './publish-log-group.ts'

/** Names that are asked of an object at a time. */
const PAGE = 1000

/** Whether any of these objects of a group has a stream of this name. */
export async function isStreamOfAny(
  env: Pick<Env, 'LOG_STORE'>,
  objects: readonly string[],
  stream: string,
): Promise<boolean> {
  const known = await Promise.all(objects.map(name => env.LOG_STORE.getByName(name).hasStream(stream)))
  return known.includes(true)
}

/** What all objects of a group know of its streams, in the order of names. */
export async function* eachStream(
  env: Pick<Env, 'LOG_STORE' | 'STORE'>,
  account: Account,
  group: string,
  { prefix = '', after = '' }: { prefix?: string; after?: string },
): AsyncGenerator<StreamFacts> {
  const objects = (await objectsOf(env, account, group)).map(name => env.LOG_STORE.getByName(name))
  for (let last = after; ; ) {
    const pages = await Promise.all(objects.map(object => object.streams(prefix, last, PAGE)))
    // Beyond where the shortest full page ends, others may have names that are not here yet.
    const ends = pages.filter(page => page.length === PAGE).map(page => page.at(-1)!.name)
    const end = ends.reduce<string | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
    const streams = Map.groupBy(
      pages.flat().filter(({ name }) => end === undefined || name <= end),
      ({ name }) => name,
    )
    for (const name of [...streams.keys()].sort()) yield joined(streams.get(name)!)
    if (end === undefined) return
    last = end
  }
}

function joined(parts: readonly StreamFacts[]): StreamFacts {
  const known = parts.filter(({ first }) => first !== undefined)
  return {
    name: parts[0]!.name,
    created: Math.min(...parts.map(({ created }) => created)),
    ...(known.length > 0 && {
      first: Math.min(...known.map(({ first }) => first!)),
      last: Math.max(...known.map(({ last }) => last!)),
      ingested: Math.max(...known.map(({ ingested }) => ingested!)),
    }),
  }
}
