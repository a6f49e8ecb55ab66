import {
  type ExportAllDeclaration,
  type ExportDefaultDeclaration,
  type ExportNamedDeclaration,
  type Identifier,
  type ImportDeclaration,
  type Node,
  Parser,
  type Pattern,
} from 'acorn'

/** A top-level statement that imports or exports. Everything inside other statements has been pruned. */
export type LinkStatement =
  | ImportDeclaration
  | ExportNamedDeclaration
  | ExportDefaultDeclaration
  | ExportAllDeclaration

/** How an identifier stands in the text, which decides what may replace it. */
export const PLAIN = 0
/** `f(...)`: the replacement must not pass an object as `this`. */
export const CALLED = 1
/** `{ f }`: the replacement needs the property's name. */
export const SHORTHAND = 2
/** `f(...)` that begins a statement of a list: the replacement must not join the line above. */
export const CALLED_FIRST = 3

export interface References {
  statements: LinkStatement[]
  /** Uses of imported names: which, where and how. Names that an inner scope declares are others. */
  names: string[]
  positions: number[]
  forms: number[]
  /** Starts of the `import` keyword of dynamic imports. */
  dynamicImports: number[]
  /** Starts of `import.meta`, and its length in the same order. */
  metas: { start: number; end: number }[]
  hasTopLevelAwait: boolean
}

/** What is kept of the declaration of an ExportDefaultDeclaration. */
export interface DefaultDeclaration {
  type: string
  start: number
  end: number
  id?: unknown
  /** Where the parameters of a function begin. */
  parametersStart?: unknown
  /** Where `default` ends. */
  keywordEnd: number
}

export type SourceKind = 'module' | 'commonjs'

/**
 * Parses a source and keeps, instead of a tree, only what linking needs: the import and export statements and the
 * uses of what is imported. A tree takes ten to twenty times the memory of its text, more than an isolate of
 * 128 MB can hold for a bundle of a few megabytes.
 * Throws acorn's SyntaxError, with `loc` and `pos`; {@link TooManyReferences}.
 */
export function collectReferences(source: string, kind: SourceKind): References {
  const options = { ecmaVersion: 'latest', sourceType: kind, allowHashBang: true }
  const parser = new ReferenceParser(options, source)
  const references = parser.collect(new Set())
  // Imports count for the whole module; those that came late were not looked for in what precedes them.
  return parser.importsLate ? new ReferenceParser(options, source).collect(parser.imported) : references
}

/** More uses of imports than an isolate can keep in memory. */
export class TooManyReferences extends Error {}

/** About 70 bytes each until they are replaced. */
const REFERENCES = 250_000

// acorn documents its plug-ins as subclasses of Parser that override its parse methods; its type declarations
// leave those methods out.
interface TokenType {
  readonly label: string
}
interface AcornScope {
  readonly flags: number
  readonly var: string[]
  readonly lexical: string[]
  readonly functions: string[]
}
interface AcornNode {
  type: string
  start: number
  end: number
  [key: string]: unknown
}
interface AcornParser {
  readonly input: string
  readonly type: TokenType
  readonly start: number
  readonly pos: number
  readonly lastTokEnd: number
  readonly scopeStack: AcornScope[]
  parse(): AcornNode
  enterScope(flags: number): void
  exitScope(): void
  currentVarScope(): AcornScope
  parseStatement(context: string | null, topLevel?: boolean, exports?: object): AcornNode
  parseExprAtom(errors?: object | null, forInit?: unknown, forNew?: boolean): AcornNode
  parsePropertyValue(
    property: AcornNode,
    isPattern: boolean,
    isGenerator: boolean,
    isAsync: boolean,
    startPos: number,
    startLoc: unknown,
    errors: object | undefined,
    containsEsc: boolean,
  ): void
  parseArrowExpression(node: AcornNode, params: AcornNode[], isAsync: boolean, forInit: unknown): AcornNode
  parseLabeledStatement(
    node: AcornNode,
    name: string,
    expression: AcornNode,
    context: string | null,
  ): AcornNode
  parseFunction(
    node: AcornNode,
    statement: number,
    allowExpressionBody?: boolean,
    isAsync?: boolean,
    forInit?: unknown,
  ): AcornNode
  parseFunctionParams(node: AcornNode): void
  parseFunctionBody(node: AcornNode, isArrow: boolean, isMethod: boolean, forInit: unknown): void
  parseClass(node: AcornNode, isStatement: boolean | string): AcornNode
  parseExportDeclaration(node: AcornNode): AcornNode
  parseExportDefaultDeclaration(): AcornNode
  parseDynamicImport(node: AcornNode): AcornNode
  parseImportMeta(node: AcornNode): AcornNode
  parseAwait(forInit: unknown): AcornNode
  parseForStatement(node: AcornNode): AcornNode
}
const AcornBase = Parser as unknown as new (options: object, input: string) => AcornParser

// From acorn's scopeflags: the top scope of a module.
const SCOPE_TOP = 1
// From acorn's parseFunction: the function is a declaration.
const FUNCTION_STATEMENT = 1

interface Frame {
  names: string[]
  positions: number[]
  forms: number[]
}
const emptyFrame = (): Frame => ({ names: [], positions: [], forms: [] })

class ReferenceParser extends AcornBase {
  // `declare`, because acorn's constructor already enters the top scope before fields would be initialised.
  declare frames: Frame[]
  declare nextFrame: Frame | undefined
  declare statementStart: number
  declare statements: LinkStatement[]
  declare dynamicImports: number[]
  declare metas: { start: number; end: number }[]
  declare hasTopLevelAwait: boolean
  declare isExported: boolean
  declare imported: Set<string>
  declare importsLate: boolean
  declare isAfterImports: boolean

  collect(imported: Set<string>): References {
    this.imported = imported
    this.importsLate = false
    this.isAfterImports = false
    this.isExported = false
    this.statementStart = -1
    this.statements = []
    this.dynamicImports = []
    this.metas = []
    this.hasTopLevelAwait = false
    this.parse()
    const { names, positions, forms } = this.frames[0]!
    const { statements, dynamicImports, metas, hasTopLevelAwait } = this
    return { statements, names, positions, forms, dynamicImports, metas, hasTopLevelAwait }
  }

  override enterScope(flags: number): void {
    super.enterScope(flags)
    this.frames ??= []
    this.frames.push(this.nextFrame ?? emptyFrame())
    this.nextFrame = undefined
  }

  override exitScope(): void {
    const { var: vars, lexical, functions } = this.scopeStack.at(-1)!
    super.exitScope()
    this.leaveFrame([vars, lexical, functions])
  }

  /** Drops the references that the left scope declares and hands the others to the scope around it. */
  leaveFrame(declared: string[][]): void {
    const inner = this.frames.pop()!
    if (inner.names.length === 0) return
    const outer = this.frames.at(-1)!
    const known = new Set<string>()
    for (const list of declared) for (const name of list) known.add(name)
    for (let at = 0; at < inner.names.length; at++) {
      if (known.has(inner.names[at]!)) continue
      outer.names.push(inner.names[at]!)
      outer.positions.push(inner.positions[at]!)
      outer.forms.push(inner.forms[at]!)
    }
  }

  refer(name: string, position: number, form: number): void {
    if (!this.imported.has(name)) return
    const frame = this.frames.at(-1)!
    if (frame.names.length >= REFERENCES) throw new TooManyReferences()
    frame.names.push(name)
    frame.positions.push(position)
    frame.forms.push(form)
  }

  override parseExprAtom(errors?: object | null, forInit?: unknown, forNew?: boolean): AcornNode {
    const isName = this.type.label === 'name'
    const node = super.parseExprAtom(errors, forInit, forNew)
    if (node.type !== 'Identifier') return node
    const isCalled = !forNew && this.isCalled()
    if (isName) {
      const form = isCalled ? (node.start === this.statementStart ? CALLED_FIRST : CALLED) : PLAIN
      this.refer(node.name as string, node.start, form)
    } else if (isCalled && this.imported.has(node.name as string)) {
      // `(f)()`: the name in the brackets was met before, and what follows it only now.
      this.frames.at(-1)!.forms.splice(-1, 1, CALLED)
    }
    return node
  }

  isCalled(): boolean {
    const { label } = this.type
    return label === '(' || label === '`' || (label === '?.' && /^\s*\(/.test(this.input.slice(this.pos)))
  }

  override parsePropertyValue(...args: Parameters<AcornParser['parsePropertyValue']>): void {
    super.parsePropertyValue(...args)
    const [property, isPattern] = args
    if (property.shorthand && !isPattern) {
      const key = property.key as AcornNode
      this.refer(key.name as string, key.start, SHORTHAND)
    }
  }

  // The parameters of an arrow function are first read as an expression of the scope around it.
  override parseArrowExpression(
    node: AcornNode,
    params: AcornNode[],
    isAsync: boolean,
    forInit: unknown,
  ): AcornNode {
    const outer = this.frames.at(-1)!
    let from = outer.positions.length
    while (from > 0 && outer.positions[from - 1]! >= node.start) from--
    const moved = {
      names: outer.names.splice(from),
      positions: outer.positions.splice(from),
      forms: outer.forms.splice(from),
    }
    // `async (a) => b` was read as a call of a function `async`.
    if (isAsync && moved.positions[0] === node.start) {
      moved.names.shift()
      moved.positions.shift()
      moved.forms.shift()
    }
    this.nextFrame = moved
    return super.parseArrowExpression(node, params, isAsync, forInit)
  }

  override parseLabeledStatement(
    node: AcornNode,
    name: string,
    expression: AcornNode,
    context: string | null,
  ): AcornNode {
    const frame = this.frames.at(-1)!
    if (frame.positions.at(-1) === expression.start) {
      frame.names.pop()
      frame.positions.pop()
      frame.forms.pop()
    }
    return super.parseLabeledStatement(node, name, expression, context)
  }

  // The name of a function or class expression is visible inside it only; acorn does not declare it anywhere.
  override parseFunction(...args: Parameters<AcornParser['parseFunction']>): AcornNode {
    if (args[1] & FUNCTION_STATEMENT) return super.parseFunction(...args)
    this.frames.push(emptyFrame())
    const node = super.parseFunction(...args)
    this.leaveFrame(node.id ? [[(node.id as unknown as Identifier).name]] : [])
    return node
  }

  override parseClass(node: AcornNode, isStatement: boolean | string): AcornNode {
    if (isStatement) return super.parseClass(node, isStatement)
    this.frames.push(emptyFrame())
    const finished = super.parseClass(node, isStatement)
    this.leaveFrame(finished.id ? [[(finished.id as unknown as Identifier).name]] : [])
    return finished
  }

  override parseFunctionParams(node: AcornNode): void {
    node.parametersStart = this.start
    super.parseFunctionParams(node)
  }

  override parseFunctionBody(node: AcornNode, isArrow: boolean, isMethod: boolean, forInit: unknown): void {
    super.parseFunctionBody(node, isArrow, isMethod, forInit)
    node.body = null
  }

  override parseExportDeclaration(node: AcornNode): AcornNode {
    this.isExported = true
    return super.parseExportDeclaration(node)
  }

  override parseStatement(context: string | null, topLevel?: boolean, exports?: object): AcornNode {
    const isExported = this.isExported
    this.isExported = false
    if (context === null) this.statementStart = this.start
    const node = super.parseStatement(context, topLevel, exports)
    if (this.isAtTopLevel() && node.type === 'VariableDeclaration' && node.kind === 'await using') {
      this.hasTopLevelAwait = true
    }
    if (node.type === 'ImportDeclaration') this.noteImports(node as unknown as ImportDeclaration)
    else this.isAfterImports = true
    if (node.type === 'ImportDeclaration' || node.type.startsWith('Export')) {
      this.statements.push(node as unknown as LinkStatement)
      return node
    }
    return isExported ? pruneDeclaration(node) : prune(node)
  }

  noteImports({ specifiers }: ImportDeclaration): void {
    for (const { local } of specifiers) {
      if (this.imported.has(local.name)) continue
      this.imported.add(local.name)
      if (this.isAfterImports) this.importsLate = true
    }
  }

  override parseExportDefaultDeclaration(): AcornNode {
    const keywordEnd = this.lastTokEnd
    const { type, start, end, id, parametersStart } = super.parseExportDefaultDeclaration()
    return { type, start, end, id, parametersStart, keywordEnd } satisfies DefaultDeclaration & AcornNode
  }

  override parseDynamicImport(node: AcornNode): AcornNode {
    this.dynamicImports.push(node.start)
    return super.parseDynamicImport(node)
  }

  override parseImportMeta(node: AcornNode): AcornNode {
    const finished = super.parseImportMeta(node)
    this.metas.push({ start: finished.start, end: finished.end })
    return finished
  }

  isAtTopLevel(): boolean {
    return (this.currentVarScope().flags & SCOPE_TOP) !== 0
  }

  override parseAwait(forInit: unknown): AcornNode {
    if (this.isAtTopLevel()) this.hasTopLevelAwait = true
    return super.parseAwait(forInit)
  }

  override parseForStatement(node: AcornNode): AcornNode {
    const atTopLevel = this.isAtTopLevel()
    const finished = super.parseForStatement(node)
    const left = finished.left as AcornNode | undefined
    const init = finished.init as AcornNode | undefined
    if (atTopLevel && (finished.await || left?.kind === 'await using' || init?.kind === 'await using')) {
      this.hasTopLevelAwait = true
    }
    return finished
  }
}

/** Stands for statements that nobody looks at again. */
const PRUNED: AcornNode = { type: 'EmptyStatement', start: 0, end: 0 }

/** Of finished statements, acorn looks only at those that may be directives: strings that begin a body. */
function prune(node: AcornNode): AcornNode {
  const { expression } = node as { expression?: AcornNode }
  return node.type === 'ExpressionStatement' && expression!.type === 'Literal' ? node : PRUNED
}

/** An exported declaration is asked for its names. */
function pruneDeclaration(node: AcornNode): AcornNode {
  if (node.type === 'VariableDeclaration') {
    for (const declarator of node.declarations as AcornNode[]) declarator.init = null
    return node
  }
  const { type, start, end, id } = node
  return { type, start, end, id }
}

/** The names that a declaration's pattern binds, in order. */
export function namesOfPattern(pattern: Pattern | Node, into: string[] = []): string[] {
  const node = pattern as Pattern
  switch (node.type) {
    case 'Identifier':
      into.push(node.name)
      break
    case 'ObjectPattern':
      for (const property of node.properties) {
        namesOfPattern(property.type === 'RestElement' ? property.argument : property.value, into)
      }
      break
    case 'ArrayPattern':
      for (const element of node.elements) if (element) namesOfPattern(element, into)
      break
    case 'AssignmentPattern':
      namesOfPattern(node.left, into)
      break
    case 'RestElement':
      namesOfPattern(node.argument, into)
      break
  }
  return into
}
