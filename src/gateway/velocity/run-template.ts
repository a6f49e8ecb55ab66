import { ownField, setField } from '../../lib/fields.ts'
import { Definition, Evaluator, type TextTrees } from './evaluate-expression.ts'
import { isMap, isTrue, LONGEST_TEXT, type PlainMap, textOf } from './java-values.ts'
import { Loop } from './loop.ts'
import { TemplateError } from './template-error.ts'
import type {
  Expression,
  Reference,
  TemplateBlock,
  TemplateNode,
  TemplateNodes,
  TemplateStep,
} from './template-tree.ts'
import { spend, withinWork } from './work.ts'

/** "Number of iterations in a #FOREACH ... #END loop in mapping templates: 1000"; further ones do not happen. */
export const MOST_ITERATIONS = 1000

/** Macros, definitions and texts that call each other. */
const DEEPEST = 20

/**
 * Runs a template over `variables`, which it may change.
 *
 * The parser is velocityjs's; what it parsed is run here, since a template works with Java's values: `$list.size()`,
 * `5 / 2`, `{a=b}`. That nothing of JavaScript's own can be reached follows from it: maps have their own members
 * only, and methods are those of a table.
 *
 * A name or method that gives nothing is an empty text wherever it stands (recorded from API Gateway).
 * Throws a TemplateError for what Java would throw on, and for a run that takes too much.
 */
export function runTemplate(tree: TemplateNodes, variables: PlainMap, texts: TextTrees = new Map()): string {
  try {
    return withinWork(() => new Run(variables, texts).template(tree))
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new TemplateError('the template, or what it works with, is nested too deeply', { cause })
  }
}

class Run {
  readonly #variables: PlainMap
  readonly #evaluator: Evaluator
  readonly #macros = new Map<string, TemplateBlock>()
  #depth = 0
  #ending: 'break' | 'stop' | undefined

  constructor(variables: PlainMap, texts: TextTrees) {
    this.#variables = variables
    this.#evaluator = new Evaluator(variables, texts, nodes => this.#deeper(() => this.#nodes(nodes)))
  }

  template(tree: TemplateNodes): string {
    for (const node of tree) if (isBlock(node)) this.#collectMacro(node)
    return this.#nodes(tree)
  }

  #collectMacro(block: TemplateBlock): void {
    const [begin] = block
    if (begin.type === 'macro') this.#macros.set(begin.id, block)
  }

  #nodes(nodes: TemplateNodes): string {
    let text = ''
    for (const node of nodes) {
      if (this.#ending) break
      spend(1)
      text += typeof node === 'string' ? node : isBlock(node) ? this.#block(node) : this.#single(node)
      if (text.length > LONGEST_TEXT) throw new TemplateError('the template writes too much')
    }
    return text
  }

  #assign(name: string, value: unknown): void {
    setField<unknown>(this.#variables, name, value)
  }

  #single(node: TemplateStep): string {
    switch (node.type) {
      case 'references':
        return textOf(this.#evaluator.reference(node))
      case 'set':
        this.#set(...node.equal)
        return ''
      case 'raw':
        return node.value
      case 'break':
        this.#ending = 'break'
        return ''
      case 'macro_call':
        return this.#macro(node.id, node.args, '') ?? node.text
      case 'stop':
        this.#ending = 'stop'
        return ''
      default:
        return ''
    }
  }

  #block(block: TemplateBlock): string {
    const [begin, ...body] = block
    switch (begin.type) {
      case 'if':
        return this.#if(block)
      case 'foreach':
        return this.#foreach(begin.to, this.#evaluator.value(begin.from), body)
      case 'define':
        this.#assign(begin.id, new Definition(body))
        return ''
      case 'macro':
        this.#collectMacro(block)
        return ''
      case 'macro_body':
        return this.#macro(begin.id, begin.args, this.#nodes(body)) ?? ''
      default:
        return this.#nodes(body)
    }
  }

  #if(block: TemplateBlock): string {
    let from: number | undefined
    for (const [i, node] of block.entries()) {
      if (typeof node === 'string' || isBlock(node)) continue
      if (node.type !== 'if' && node.type !== 'elseif' && node.type !== 'else') continue
      if (from !== undefined) return this.#nodes(block.slice(from, i))
      if (node.type === 'else' || isTrue(this.#evaluator.value(node.condition))) from = i + 1
    }
    return from === undefined ? '' : this.#nodes(block.slice(from))
  }

  #foreach(name: string, over: unknown, body: TemplateNodes): string {
    const items = Array.isArray(over) ? [...over] : isMap(over) ? Object.values(over) : []
    return this.#withVariables([name, 'foreach', 'velocityCount', 'velocityHasNext'], () => {
      const parent = ownField(this.#variables, 'foreach')
      let text = ''
      for (const [i, item] of items.slice(0, MOST_ITERATIONS).entries()) {
        const loop = new Loop(i, items.length, parent)
        this.#assign(name, item)
        this.#variables.foreach = loop
        this.#variables.velocityCount = i + 1
        this.#variables.velocityHasNext = i + 1 < items.length
        text += this.#nodes(body)
        if (text.length > LONGEST_TEXT) throw new TemplateError('the template writes too much')
        if (this.#ending === 'break') {
          this.#ending = undefined
          break
        }
        if (this.#ending || loop.isStopped) break
      }
      return text
    })
  }

  /** Gives names back what they stood for when `work` is done. */
  #withVariables<T>(names: readonly string[], work: () => T): T {
    const before = names.map(name => [name, ownField(this.#variables, name)] as const)
    const result = work()
    for (const [name, value] of before) {
      if (value === undefined) delete this.#variables[name]
      else this.#assign(name, value)
    }
    return result
  }

  /** Undefined where no macro has the name. */
  #macro(
    id: string,
    args: readonly Expression[] | false | undefined,
    bodyContent: string,
  ): string | undefined {
    const [begin, ...body] = this.#macros.get(id) ?? []
    if (typeof begin !== 'object' || isBlock(begin) || begin.type !== 'macro') return undefined
    const names = (begin.args || []).map(arg => arg.id)
    const given = args || []
    const values = names.map((_, i) => (given[i] ? this.#evaluator.value(given[i]) : ''))
    return this.#deeper(() =>
      this.#withVariables([...names, 'bodyContent'], () => {
        for (const [i, name] of names.entries()) this.#assign(name, values[i])
        this.#variables.bodyContent = bodyContent
        return this.#nodes(body)
      }),
    )
  }

  #deeper<T>(work: () => T): T {
    this.#depth += 1
    if (this.#depth > DEEPEST)
      throw new TemplateError('macros, definitions or texts call each other too deeply')
    const result = work()
    this.#depth -= 1
    return result
  }

  #set({ id, path }: Reference, expression: Expression): void {
    const value = this.#evaluator.value(expression) ?? ''
    if (!path || path.length === 0) {
      this.#assign(id, value)
      return
    }
    let holder = ownField(this.#variables, id)
    for (const part of path.slice(0, -1)) {
      if (holder === undefined || holder === null) return
      holder = this.#evaluator.member(holder, part)
    }
    const last = path.at(-1)!
    const key =
      last.type === 'property' ? last.id : last.type === 'index' ? this.#evaluator.value(last.id) : undefined
    if (key === undefined) return
    if (isMap(holder)) setField<unknown>(holder, textOf(key), value)
    else if (Array.isArray(holder) && typeof key === 'number' && key in holder) holder[key] = value
  }
}

const isBlock = (node: TemplateNode): node is TemplateBlock => Array.isArray(node)
