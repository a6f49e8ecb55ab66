import type { UserCondition } from './users.ts'

/** What users can be searched for by, and where that is kept. "Custom attributes are not searchable." */
const COLUMNS: Readonly<Record<string, string>> = {
  username: "doc ->> '$.username'",
  email: 'email',
  phone_number: 'phone',
  name: "doc ->> '$.attributes.name'",
  given_name: "doc ->> '$.attributes.given_name'",
  family_name: "doc ->> '$.attributes.family_name'",
  preferred_username: 'preferred',
  'cognito:user_status': 'status',
  status: "CASE enabled WHEN 1 THEN 'Enabled' ELSE 'Disabled' END",
  sub: 'sub',
}

const INDEXES: Readonly<Record<string, UserCondition['by']>> = {
  email: 'pool_users_by_email',
  phone_number: 'pool_users_by_phone',
  sub: 'pool_users_by_sub',
}

/** "cognito:user_status (called Status in the Console) (case-insensitive)" */
const ANY_CASE: ReadonlySet<string> = new Set(['cognito:user_status'])

/** A search for users. */
export interface ListFilter {
  readonly attribute: string
  readonly match: 'equals' | 'begins'
  readonly value: string
}

export type FilterFault = 'Error while parsing filter.' | `Invalid search attribute: ${string}`

const FILTER = /^\s*([\w:-]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$/su

/**
 * Reads `given_name = "Jon"` or `given_name ^= "Jo"`; in the value, quotation marks and backslashes have a backslash
 * before them. An empty text searches for nothing: undefined.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html#cognito-user-pools-searching-for-users-using-listusers-api
 */
export function readFilter(text: string): ListFilter | { readonly fault: FilterFault } | undefined {
  if (text.trim() === '') return undefined
  const [, attribute = '', operator, value] = FILTER.exec(text) ?? []
  if (value === undefined) return { fault: 'Error while parsing filter.' }
  if (!Object.hasOwn(COLUMNS, attribute)) return { fault: `Invalid search attribute: ${attribute}` }
  return {
    attribute,
    match: operator === '=' ? 'equals' : 'begins',
    value: value.replace(/\\(.)/gsu, '$1'),
  }
}

/** As columns of `pool_users` answer it. */
export function conditionOf({ attribute, match, value }: ListFilter): UserCondition {
  const anyCase = ANY_CASE.has(attribute)
  const column = anyCase ? `upper(${COLUMNS[attribute]})` : COLUMNS[attribute]!
  const sought = anyCase ? value.toUpperCase() : value
  const by = INDEXES[attribute]
  if (match === 'equals' && attribute === 'username') {
    // The key is the name as the pool compares names, which is one of these.
    return {
      sql: `username IN (?, ?) AND ${column} = ?`,
      values: [value, value.toLowerCase(), value],
      by: 'key',
    }
  }
  if (match === 'equals') return { sql: `${column} = ?`, values: [sought], by }
  if (sought === '') return { sql: `${column} IS NOT NULL`, values: [] }
  // A range, which an index can answer: texts are compared by their bytes, and none has a greater character.
  return { sql: `${column} >= ? AND ${column} < ?`, values: [sought, `${sought}\u{10FFFF}`], by }
}
