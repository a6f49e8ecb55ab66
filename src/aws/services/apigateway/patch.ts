import { setField } from '../../../lib/fields.ts'
import { memberAt, unescapePointer } from '../../../lib/json-object.ts'
import type { Refusal } from '../../../lib/refusal.ts'
import { badRequest, checkOption } from './refusals.ts'

/** RFC 6902's operations, of which API Gateway allows some at each path. */
export type Op = 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'

interface PatchOperation {
  readonly op?: Op
  readonly path?: string
  readonly value?: string
  readonly from?: string
}

/** One operation that found its row. */
export interface Patch {
  readonly op: Op
  readonly path: string
  readonly value: string | undefined
  readonly from: string | undefined
  /** What stands for a row's `{name}`, with `~1` and `~0` decoded. */
  readonly at: Readonly<Record<string, string>>
}

export type Writable<T> = T extends readonly (infer U)[]
  ? Writable<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Writable<T[K]> }
    : T

/** Turns an operation's text into the value to store; undefined takes the property away. */
export type ReadValue = (text: string | undefined, path: string) => unknown

/** A row: what may be done at a path. Without `apply` the path also says where the value stands in the document. */
export interface Patchable<D> {
  readonly ops: readonly Op[]
  readonly value?: ReadValue
  /** Refuses to replace or remove what is not there. */
  readonly absent?: () => Refusal
  readonly apply?: (draft: Writable<D>, patch: Patch) => void
}

/** No row takes the operation at its path. */
interface Mismatch {
  readonly op: Op | undefined
  readonly path: string
  /** What rows that match the path would take. */
  readonly opsAtPath: readonly Op[]
  readonly pathsForOp: readonly string[]
  readonly paths: readonly string[]
}

/** Resources of API Gateway word the refusal of a patch differently. */
export type Wording = (mismatch: Mismatch) => Refusal

export interface PatchTable<D> {
  readonly wording: Wording
  /** By path: a JSON pointer in which `{name}` stands for one part, `{name+}` for one or more. Earlier rows win. */
  readonly rows: Readonly<Record<string, Patchable<D>>>
}

/** The document after all operations, in their order; none is applied when one is refused. */
export function applyPatches<D extends object>(
  table: PatchTable<D>,
  document: D,
  operations: readonly PatchOperation[] | undefined,
): D {
  const draft = structuredClone(document) as Writable<D>
  for (const operation of operations ?? []) applyPatch(table, draft, operation)
  return draft as D
}

function applyPatch<D>(table: PatchTable<D>, draft: Writable<D>, operation: PatchOperation): void {
  const { op, path } = operation
  const parts = path?.startsWith('/') ? path.slice(1).split('/') : []
  const matches = Object.entries(table.rows).flatMap(([template, row]) => {
    const at = matchPath(template, parts)
    return at ? [{ row, at }] : []
  })
  const match = op && matches.find(({ row }) => row.ops.includes(op))
  if (!match) {
    throw table.wording({
      op,
      path: path ?? 'null',
      opsAtPath: [...new Set(matches.flatMap(({ row }) => row.ops))],
      pathsForOp: Object.keys(table.rows).filter(template => op && table.rows[template]!.ops.includes(op)),
      paths: Object.keys(table.rows),
    })
  }
  const { row, at } = match
  const patch: Patch = { op, path: path!, value: operation.value, from: operation.from, at }
  if (row.apply) {
    row.apply(draft, patch)
    return
  }
  const where = parts.map(unescapePointer)
  if (row.absent && op !== 'add' && memberAt(draft, where) === undefined) throw row.absent()
  writeAt(draft, where, op === 'remove' ? undefined : (row.value ?? text)(patch.value, patch.path))
}

function matchPath(template: string, parts: readonly string[]): Record<string, string> | undefined {
  const pattern = template.slice(1).split('/')
  const spare = parts.length - pattern.length
  const at: Record<string, string> = {}
  let next = 0
  for (const expected of pattern) {
    const taken = expected.endsWith('+}') ? spare + 1 : 1
    if (taken < 1 || next + taken > parts.length) return undefined
    const part = parts.slice(next, next + taken).join('/')
    if (expected.startsWith('{')) at[expected.replace(/[{}+]/g, '')] = unescapePointer(part)
    else if (expected !== part) return undefined
    next += taken
  }
  return next === parts.length ? at : undefined
}

/** Undefined takes the property away, and with it a map that it leaves empty: AWS answers no empty maps. */
function writeAt(document: unknown, where: readonly string[], value: unknown): void {
  const [name = '', ...rest] = where
  const target = document as Record<string, unknown>
  if (rest.length === 0) {
    if (value === undefined) delete target[name]
    else setField(target, name, value)
    return
  }
  let child = memberAt(target, [name])
  if (typeof child !== 'object' || child === null) {
    if (value === undefined) return
    child = {}
    setField(target, name, child)
  }
  writeAt(child, rest, value)
  if (Object.keys(child as object).length === 0) delete target[name]
}

/** An absent value takes the property away. */
export const text: ReadValue = value => value

/** An empty value takes the property away as well. */
export const orNone: ReadValue = value => value || undefined

/** As Java's `Boolean.parseBoolean`: what is not `true` is false. */
export const flag: ReadValue = value => value?.toLowerCase() === 'true'

const numeric =
  (pattern: RegExp, what: string): ReadValue =>
  (value, path) => {
    const number = Number(value)
    if (value === undefined || !pattern.test(value) || !Number.isFinite(number)) {
      throw badRequest(`Invalid value '${value ?? 'null'}' specified for path '${path}'. Must be ${what}`)
    }
    return number
  }

export const integer = numeric(/^[+-]?\d{1,15}$/, 'an integer')
export const number = numeric(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, 'a number')

export const oneOf =
  (what: string, ...options: string[]): ReadValue =>
  value => {
    checkOption(what, value, options)
    return value
  }

/** A list without duplicates that an operation's value is added to or removed from. */
export function listPatchedByValue(list: readonly string[] | undefined, op: Op, entry: string): string[] {
  const others = (list ?? []).filter(each => each !== entry)
  return op === 'add' ? [...others, entry] : others
}

/** A list that is patched like a map: the path carries the entry, and a replacement goes to the end. */
export function listPatchedByPath(
  list: readonly string[] | undefined,
  { op, value }: Patch,
  entry: string,
): string[] {
  const others = (list ?? []).filter(each => each !== entry)
  if (op === 'remove') return others
  return [...others, op === 'replace' && value ? value : entry]
}

/** REST APIs, methods, integrations and responses. */
export const plainWording: Wording = ({ path, opsAtPath }) =>
  badRequest(
    opsAtPath.length === 0
      ? `Invalid patch path ${path}`
      : `Invalid patch operation specified. Must be one of: [${opsAtPath.join(', ')}]`,
  )

/** Resources, API keys, usage plans. The two blanks are AWS's. */
export const listingWording: Wording = ({ op, path, pathsForOp }) =>
  badRequest(
    `Invalid patch path  '${path}' specified for op '${op ?? 'null'}'. ${
      pathsForOp.length > 0
        ? `Must be one of: [${pathsForOp.join(', ')}]`
        : 'Please choose supported operations'
    }`,
  )

/** Stages, where every path that is nothing else is taken for a method's setting. The blank at the end is AWS's. */
export const stageWording: Wording = ({ op, path, paths }) =>
  badRequest(
    op === 'remove'
      ? `Cannot remove method setting ${path.replace(/^\//, '')} because there is no method setting for this method `
      : `Invalid method setting path: ${path}. Must be one of: [${paths.join(', ')}]`,
  )
