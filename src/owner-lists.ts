import { Refusal } from './lib/refusal.ts'
import { readPageMarker } from './records/page-marker.ts'

/** How many items a page is to have, `usual` where the query says nothing. Throws a refusal. */
export function limitAsked(query: URLSearchParams, { usual, most }: { usual: number; most: number }): number {
  const text = query.get('limit')
  const limit = text === null ? usual : Number(text)
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw new Refusal('BadRequestException', `limit is a whole number from 1 to ${most}`)
  return limit
}

/**
 * Where the page before ended; undefined at the list's beginning. Throws a refusal for what another list gave.
 *
 * @param list as its markers name it
 * @param parts texts of which a position consists
 */
export function positionAsked(
  query: URLSearchParams,
  list: string,
  parts: number,
): readonly string[] | undefined {
  const text = query.get('position')
  if (text === null) return undefined
  const position = readPageMarker(list, text)
  if (position?.length !== parts) throw new Refusal('BadRequestException', 'position is of another list')
  return position
}

/** @param usual where the query says nothing */
export function wantsCsv(query: URLSearchParams, usual: 'json' | 'csv' = 'json'): boolean {
  const format = query.get('format') ?? usual
  if (format !== 'json' && format !== 'csv') throw new Refusal('BadRequestException', 'format is json or csv')
  return format === 'csv'
}

/** @param next where the next page begins */
export const csvResponse = (csv: string, next?: string): Response =>
  new Response(csv, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      ...(next !== undefined && { 'x-weir-position': next }),
    },
  })
