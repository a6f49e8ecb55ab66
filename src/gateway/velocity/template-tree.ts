import { parse } from 'velocityjs'
import { prepareSource, restoreText } from './prepare-source.ts'
import { TemplateError } from './template-error.ts'

/** What the parser makes of a template, as far as it is run. */
export type TemplateNode = string | TemplateStep | TemplateBlock

/** `#if ... #end` and the like: what begins it, then what stands in it. */
export type TemplateBlock = readonly [TemplateStep, ...TemplateNode[]]

export type TemplateStep =
  | Reference
  | { readonly type: 'set'; readonly equal: readonly [Reference, Expression] }
  | {
      readonly type: 'macro_call' | 'macro_body'
      readonly id: string
      readonly args?: readonly Expression[] | false
    }
  | { readonly type: 'raw'; readonly value: string }
  | { readonly type: 'break' | 'comment' | 'noescape' }
  | { readonly type: 'else' }
  | { readonly type: 'if'; readonly condition: Expression }
  | { readonly type: 'elseif'; readonly condition: Expression }
  | { readonly type: 'foreach'; readonly to: string; readonly from: Expression }
  | { readonly type: 'define'; readonly id: string }
  | { readonly type: 'macro'; readonly id: string; readonly args?: readonly Reference[] | false }

export interface Reference {
  readonly type: 'references'
  readonly id: string
  readonly path?: readonly PathPart[]
  /** Set on `$name(...)`, which is nothing that Velocity has. */
  readonly args?: unknown
}

export type PathPart =
  | { readonly type: 'property'; readonly id: string }
  | { readonly type: 'method'; readonly id: string; readonly args?: readonly Expression[] | false }
  | { readonly type: 'index'; readonly id: Expression }
  | { readonly type: 'content'; readonly value: string }

export type Expression =
  | Reference
  | { readonly type: 'string'; readonly value: string; readonly isEval?: boolean }
  | { readonly type: 'integer' | 'decimal'; readonly value: string | number }
  | { readonly type: 'bool'; readonly value: 'true' | 'false' | 'null' }
  | { readonly type: 'runt'; readonly value: string }
  | { readonly type: 'map'; readonly value?: Readonly<Record<string, Expression>> }
  | {
      readonly type: 'array'
      readonly isRange?: boolean
      readonly value: ReadonlyArray<Expression | string | number>
    }
  | { readonly type: 'math'; readonly operator: string; readonly expression: readonly Expression[] }

/** Reads a template once. Throws a TemplateError when it is none. */
export function parseTree(text: string): readonly TemplateNode[] {
  try {
    return restore(parse(prepareSource(text))) as readonly TemplateNode[]
  } catch (cause) {
    throw new TemplateError('the mapping template cannot be parsed', { cause })
  }
}

function restore(node: unknown): unknown {
  if (typeof node === 'string') return restoreText(node)
  if (Array.isArray(node)) return node.map(restore)
  if (typeof node !== 'object' || node === null) return node
  const { pos: _, ...members } = node as Record<string, unknown>
  return Object.fromEntries(Object.entries(members).map(([key, value]) => [restoreText(key), restore(value)]))
}
