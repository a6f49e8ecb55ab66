import type { StoredUnit, StreamChoice, UnitCursor, UnitQuery } from './unit.ts'

/** What of an object's SQLite is needed here. */
export interface Sql {
  exec(query: string, ...values: Array<string | number | Uint8Array | null>): { toArray(): Row[] }
}

type Row = Record<string, SqlStorageValue>

/** Packed bytes of a page that the object itself has, and units of it, at most. */
export interface PageLimits {
  readonly bytes: number
  readonly units: number
}

/** A reader holds a page of each of the group's objects. */
export const PAGE: PageLimits = { bytes: 1024 * 1024, units: 500 }

/** A unit, and where it is: the id of a chunk, or a part of a document. */
export interface UnitPlace {
  readonly first: number
  readonly last: number
  readonly at: number | StoredUnit
}

export interface UnitPlaces {
  readonly places: readonly UnitPlace[]
  /** Absent on the last page. */
  readonly next: Omit<UnitCursor, 'layout'> | undefined
}

/** Which chunks and segments may have what is asked for, as many as a page has. */
export function listUnits(sql: Sql, query: UnitQuery, page: PageLimits): UnitPlaces {
  const rows = rowsOf(sql, query, page.units + 1)
  const places: UnitPlace[] = []
  let size = 0
  let last: Row | undefined
  for (const row of rows.slice(0, page.units)) {
    const isChunk = row.key === null
    if (places.length > 0 && isChunk && size + Number(row.size) > page.bytes) break
    if (isChunk) size += Number(row.size)
    const at = isChunk ? Number(row.id) : storedUnit(row)
    places.push({ first: Number(row.first), last: Number(row.last), at })
    last = row
  }
  const isWhole = !last || places.length === rows.length
  return { places, next: isWhole ? undefined : { edge: Number(last!.edge), place: String(last!.place) } }
}

const storedUnit = ({ key, at, size }: Row): StoredUnit => ({
  key: String(key),
  offset: Number(at),
  size: Number(size),
})

function rowsOf(sql: Sql, { from, until, direction, streams, cursor }: UnitQuery, limit: number): Row[] {
  const [edge, order] = direction === 'forward' ? ['first', 'ASC'] : ['last', 'DESC']
  const beyond = direction === 'forward' ? '>' : '<'
  const [inChunks, inSegments, choice] = streamConditions(streams)
  const values: (string | number)[] = [from, until, choice]
  let after = ''
  if (cursor) {
    after = `WHERE (edge, place) ${beyond} (?4, ?5)`
    values.push(cursor.edge, cursor.place)
  }
  return sql
    .exec(
      `SELECT * FROM (
           SELECT id, first, last, ${edge} AS edge, 'c' || printf('%016d', id) AS place, size, NULL AS key, 0 AS at
           FROM chunks c WHERE last >= ?1 AND first < ?2 ${inChunks}
           UNION ALL
           SELECT id, first, last, ${edge}, 's' || printf('%016d', id), size, key, at
           FROM segments c WHERE last >= ?1 AND first < ?2 ${inSegments})
         ${after} ORDER BY edge ${order}, place ${order} LIMIT ${limit}`,
      ...(streams || cursor ? values : values.slice(0, 2)),
    )
    .toArray()
}

/** Which chunks and segments may have events of the streams; `?3` is the choice as a JSON array. */
function streamConditions(
  choice: StreamChoice | undefined,
): [chunks: string, segments: string, values: string] {
  if (!choice) return ['', '', '']
  const [values, matches] =
    'names' in choice
      ? [choice.names, (name: string) => `w.value = ${name}`]
      : [choice.prefixes, (name: string) => `substr(${name}, 1, length(w.value)) = w.value`]
  return [
    `AND EXISTS (SELECT 1 FROM json_each(c.streams) s, json_each(?3) w WHERE ${matches('s.value ->> 0')})`,
    `AND (c.streams IS NULL
       OR EXISTS (SELECT 1 FROM json_each(c.streams) s, json_each(?3) w WHERE ${matches('s.value')}))`,
    JSON.stringify(values),
  ]
}
