import { parse } from 'velocityjs'
import { cutTemplate, restoreText } from './cut-template.ts'
import { TemplateError } from './template-error.ts'

/** What the parser makes of a template, as far as it is run. */
export type TemplateNode = string | TemplateStep | TemplateBlock

export type TemplateNodes = readonly TemplateNode[]

/** `#if ... #end` and the like: what begins it, then what stands in it. */
export type TemplateBlock = readonly [TemplateStep, ...TemplateNode[]]

export type TemplateStep =
  | Reference
  | { readonly type: 'set'; readonly equal: readonly [Reference, Expression] }
  | MacroCall
  | { readonly type: 'macro_body'; readonly id: string; readonly args?: readonly Expression[] | false }
  | { readonly type: 'raw'; readonly value: string }
  | { readonly type: 'break' | 'stop' }
  | { readonly type: 'else' }
  | { readonly type: 'if'; readonly condition: Expression }
  | { readonly type: 'elseif'; readonly condition: Expression }
  | { readonly type: 'foreach'; readonly to: string; readonly from: Expression }
  | { readonly type: 'define'; readonly id: string }
  | { readonly type: 'macro'; readonly id: string; readonly args?: readonly Reference[] | false }

interface MacroCall {
  readonly type: 'macro_call'
  readonly id: string
  readonly args?: readonly Expression[] | false
  /** As it stands in the template. */
  readonly text: string
}

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

/** The directives that something stands in, up to `#end`. */
const BLOCKS: ReadonlySet<string> = new Set(['if', 'foreach', 'macro', 'define'])

/** Directives take the rest of their line with them, if it is empty. */
const EMPTY_REST = /^[ \t]*\r?\n/

/** Reads a template once. Throws a TemplateError when it is none. */
export function parseTree(text: string): readonly TemplateNode[] {
  const open: TemplateNode[][] = [[]]
  /** Most templates have the same ones again and again. */
  const references = new Map<string, TemplateStep>()
  let followsDirective = false
  for (const piece of cutTemplate(text)) {
    const nodes = open.at(-1)!
    if (piece.kind === 'text') {
      const rest = followsDirective ? piece.text.replace(EMPTY_REST, '') : piece.text
      if (rest !== '') nodes.push(rest)
    } else if (piece.kind === 'raw') {
      nodes.push({ type: 'raw', value: piece.text })
    } else if (piece.kind === 'reference') {
      let reference = references.get(piece.text)
      if (!reference) {
        reference = parsePiece(piece.text)
        references.set(piece.text, reference)
      }
      nodes.push(reference)
    } else if (piece.name === 'end') {
      open.pop()
      if (open.length === 0) throw new TemplateError('there is an #end too many')
    } else {
      const block = readDirective(piece.name, piece.text, nodes)
      if (block) open.push(block)
    }
    followsDirective = piece.kind === 'directive'
  }
  if (open.length > 1) throw new TemplateError('there is no #end for each directive')
  return open[0]!
}

/** Adds what a directive is to `nodes`; gives the block that it opens. */
function readDirective(name: string, text: string, nodes: TemplateNode[]): TemplateNode[] | undefined {
  if (BLOCKS.has(name) || name.startsWith('@')) {
    // The parser wants to see where a block ends.
    const [begin] = parsePiece(`${text}#end`) as unknown as [TemplateStep]
    const block: [TemplateStep, ...TemplateNode[]] = [begin]
    nodes.push(block)
    return block
  }
  switch (name) {
    case 'else':
      nodes.push({ type: 'else' })
      break
    case 'break':
      nodes.push({ type: 'break' })
      break
    case 'stop':
    case 'return':
      nodes.push({ type: 'stop' })
      break
    case 'set':
    case 'elseif':
      nodes.push(parsePiece(text))
      break
    default:
      nodes.push(readMacroCall(text))
  }
  return undefined
}

/** What looks like a call and is none is text, as a name that no macro has is. */
function readMacroCall(text: string): TemplateNode {
  try {
    return { ...(parsePiece(text) as MacroCall), text: restoreText(text) }
  } catch {
    return restoreText(text)
  }
}

/** No name is a block of our own: not even one that every object has. */
const NO_BLOCKS: Record<string, boolean> = Object.create(null)

/** Says which piece: a template has many. */
function unparsable(text: string): string {
  const piece = restoreText(text).trim()
  return `the mapping template cannot be parsed at ${piece.length > 60 ? `${piece.slice(0, 60)}...` : piece}`
}

function parsePiece(text: string): TemplateStep {
  let nodes: unknown
  try {
    nodes = restore(parse(text, NO_BLOCKS))
  } catch (cause) {
    throw new TemplateError(unparsable(text), { cause })
  }
  const [node, ...others] = nodes as unknown[]
  if (typeof node !== 'object' || others.length > 0) throw new TemplateError(unparsable(text))
  return node as TemplateStep
}

function restore(node: unknown): unknown {
  if (typeof node === 'string') return restoreText(node)
  if (Array.isArray(node)) return node.map(restore)
  if (typeof node !== 'object' || node === null) return node
  const { pos: _, ...members } = node as Record<string, unknown>
  return Object.fromEntries(Object.entries(members).map(([key, value]) => [restoreText(key), restore(value)]))
}
