import { ownField, setField } from '../../lib/fields.ts'
import { callMethod, LONGEST_LIST } from './java-methods.ts'
import {
  calculate,
  compares,
  doubleOf,
  integerOf,
  isEqual,
  isTrue,
  LONGEST_TEXT,
  type PlainMap,
} from './java-values.ts'
import { memberAt, propertyOf } from './read-member.ts'
import { TemplateError } from './template-error.ts'
import {
  type Expression,
  type PathPart,
  parseTree,
  type Reference,
  type TemplateNodes,
} from './template-tree.ts'
import { spend } from './work.ts'

/** What `#define` made: it is run where its name stands. */
export class Definition {
  readonly nodes: TemplateNodes

  constructor(nodes: TemplateNodes) {
    this.nodes = nodes
  }
}

/** Texts in double quotes are templates of their own: each is parsed once a template. */
export type TextTrees = Map<string, TemplateNodes>

/** Gives the values of expressions while a template runs. */
export class Evaluator {
  readonly #variables: PlainMap
  readonly #texts: TextTrees
  readonly #run: (nodes: TemplateNodes) => string

  /** `run`: runs a part of a template where its value is asked for. */
  constructor(variables: PlainMap, texts: TextTrees, run: (nodes: TemplateNodes) => string) {
    this.#variables = variables
    this.#texts = texts
    this.#run = run
  }

  /** Undefined or null where it gives nothing. */
  value(expression: Expression): unknown {
    spend(1)
    switch (expression.type) {
      case 'references':
        return this.reference(expression)
      case 'string':
        return expression.isEval ? this.#text(expression.value) : expression.value
      case 'integer':
        return integerOf(BigInt(expression.value))
      case 'decimal':
        return doubleOf(Number(expression.value))
      case 'bool':
        return expression.value === 'null' ? null : expression.value === 'true'
      case 'runt':
        return expression.value
      case 'map':
        return this.#map(expression.value ?? {})
      case 'array':
        return expression.isRange
          ? this.#range(expression.value)
          : expression.value.map(each => this.#item(each))
      case 'math':
        return this.#math(expression.operator, expression.expression)
    }
  }

  /** References and directives work in double quotes. */
  #text(text: string): string {
    if (!/[$#\\]/.test(text)) return text
    let tree = this.#texts.get(text)
    if (!tree) {
      tree = parseTree(text)
      this.#texts.set(text, tree)
    }
    return this.#run(tree)
  }

  #map(members: Readonly<Record<string, Expression>>): PlainMap {
    const map: PlainMap = {}
    for (const [key, value] of Object.entries(members)) setField(map, this.#text(key), this.value(value))
    return map
  }

  #item(item: Expression | string | number): unknown {
    return typeof item === 'object' ? this.value(item) : integerOf(BigInt(item))
  }

  /** `[1..5]`, also downwards. */
  #range(ends: ReadonlyArray<Expression | string | number>): number[] {
    const [begin, end] = ends.map(each => this.#item(each))
    if (typeof begin !== 'number' || typeof end !== 'number') return []
    const length = Math.abs(end - begin) + 1
    if (length > LONGEST_LIST) throw new TemplateError('a range is too long')
    const direction = begin <= end ? 1 : -1
    return Array.from({ length }, (_, i) => begin + i * direction)
  }

  #math(operator: string, [left, right]: readonly Expression[]): unknown {
    switch (operator) {
      case 'parenthesis':
        return this.value(left!)
      case 'not':
        return !isTrue(this.value(left!))
      case 'minus':
        return calculate('-', 0, this.value(left!))
      case '&&':
        return isTrue(this.value(left!)) && isTrue(this.value(right!))
      case '||':
        return isTrue(this.value(left!)) || isTrue(this.value(right!))
      case '==':
        return isEqual(this.value(left!), this.value(right!))
      case '!=':
        return !isEqual(this.value(left!), this.value(right!))
      case '<':
      case '<=':
      case '>':
      case '>=':
        return compares(operator, this.value(left!), this.value(right!))
      default:
        return this.#bounded(calculate(operator, this.value(left!), this.value(right!)))
    }
  }

  reference({ id, path, args }: Reference): unknown {
    let value = args === undefined ? ownField(this.#variables, id) : undefined
    if (value instanceof Definition) value = this.#run(value.nodes)
    for (const part of path ?? []) {
      if (value === undefined || value === null) break
      value = this.member(value, part)
    }
    return value ?? ''
  }

  /** What one part of a reference gives. */
  member(value: unknown, part: PathPart): unknown {
    spend(1)
    switch (part.type) {
      case 'method':
        spend(weightOf(value))
        return this.#bounded(
          callMethod(
            value,
            part.id,
            (part.args || []).map(arg => this.value(arg)),
          ),
        )
      case 'property':
        return propertyOf(value, part.id)
      case 'index':
        return memberAt(value, this.value(part.id))
      default:
        return undefined
    }
  }

  #bounded(value: unknown): unknown {
    if (typeof value === 'string' && value.length > LONGEST_TEXT)
      throw new TemplateError('a text grew too long')
    if (Array.isArray(value) && value.length > LONGEST_LIST) throw new TemplateError('a list grew too long')
    spend(weightOf(value))
    return value
  }
}

/** Steps that it takes to work through a value. */
const weightOf = (value: unknown): number =>
  typeof value === 'string' ? value.length >> 6 : Array.isArray(value) ? value.length >> 3 : 1
