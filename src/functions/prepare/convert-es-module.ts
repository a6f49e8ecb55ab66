import type { ExportNamedDeclaration, Identifier, ImportDeclaration, Literal } from 'acorn'
import {
  CALLED,
  CALLED_FIRST,
  collectReferences,
  type DefaultDeclaration,
  type LinkStatement,
  namesOfPattern,
  type References,
  SHORTHAND,
} from './collect-references.ts'
import { WRAPPED, WRAPPER_END } from './wrapper-text.ts'

/**
 * Turns an ES module into a script that defines a function, because Workers forbid I/O, timers and randomness
 * while modules are evaluated: the function runs inside the first invocation, where they are allowed.
 *
 * The function is a generator (asynchronous, if the module awaits at top level) that stops once before its first
 * statement. By then its hoisted functions exist, its exports are published as getters, so that bindings stay
 * live and keep their temporal dead zone, and it has handed out the function that sets its imports. So a whole
 * graph can be linked before any of it runs, cycles included.
 *
 * Line numbers do not change: what is removed becomes blanks, what is added goes into the first line or before
 * an identifier.
 *
 * Yields the text in pieces, because the text of a large module should not be in memory twice.
 * Throws acorn's SyntaxError, with `loc`; TooManyReferences.
 */
export function convertEsModule(source: string): ConvertedModule {
  const references = collectReferences(source, 'module')
  return new Conversion(source, references).run()
}

export interface ConvertedModule {
  /** In order; joined they are the script. */
  pieces: Iterable<string>
  /** Specifiers that the module imports statically. */
  specifiers: string[]
  /** About how much memory the conversion holds until the last piece is taken. */
  bytesHeld: number
}

/** One module that is imported, with all that is asked of it: `[specifier, names, attributes?]`. */
type Dependency = [string, string[], Record<string, string>?]

interface Edit {
  start: number
  end: number
  text: string
}

/** A reference's name, position and form, and the edit made of it. */
const EDIT_BYTES = 72

class Conversion {
  readonly #source: string
  readonly #references: References
  /** Prefix of every name that the conversion adds; does not occur in the source. */
  readonly #prefix: string
  readonly #edits: Edit[] = []
  readonly #dependencies: Dependency[] = []
  readonly #dependencyOf = new Map<string, number>()
  readonly #stars = new Set<number>()
  /** Local name of an import, and the expression that reads it. */
  readonly #imported = new Map<string, string>()
  /** Names of namespace imports: variables that the linker sets. */
  readonly #namespaces: [name: string, dependency: number][] = []
  /** Exported name, and the expression that reads it. */
  readonly #exports = new Map<string, string>()
  #namesDefaultFunction = false

  constructor(source: string, references: References) {
    this.#source = source
    this.#references = references
    let prefix = '$w'
    while (source.includes(prefix)) prefix += '$'
    this.#prefix = prefix
  }

  run(): ConvertedModule {
    const { statements } = this.#references
    for (const statement of statements) if (statement.type === 'ImportDeclaration') this.#import(statement)
    for (const statement of statements) this.#export(statement)
    this.#replaceReferences()
    if (this.#source.startsWith('#!')) this.#edits.push({ start: 0, end: 2, text: '//' })
    this.#edits.sort((a, b) => a.start - b.start)
    return {
      pieces: this.#pieces(),
      specifiers: this.#dependencies.map(([specifier]) => specifier),
      bytesHeld: this.#edits.length * EDIT_BYTES,
    }
  }

  #dependency(source: Literal, attributes: ImportDeclaration['attributes'] | undefined): number {
    const specifier = source.value as string
    const entries = (attributes ?? []).map(({ key, value }) => [nameOf(key), value.value as string] as const)
    const key = JSON.stringify([specifier, entries])
    const known = this.#dependencyOf.get(key)
    if (known !== undefined) return known
    const at = this.#dependencies.length
    this.#dependencies.push(
      entries.length > 0 ? [specifier, [], Object.fromEntries(entries)] : [specifier, []],
    )
    this.#dependencyOf.set(key, at)
    return at
  }

  #ask(dependency: number, name: string): string {
    const names = this.#dependencies[dependency]![1]
    if (!names.includes(name)) names.push(name)
    return member(`${this.#prefix}${dependency}`, name)
  }

  #import(statement: ImportDeclaration): void {
    const dependency = this.#dependency(statement.source, statement.attributes)
    for (const specifier of statement.specifiers) {
      const local = specifier.local.name
      if (specifier.type === 'ImportNamespaceSpecifier') {
        this.#namespaces.push([local, dependency])
      } else {
        const name = specifier.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(specifier.imported)
        this.#imported.set(local, this.#ask(dependency, name))
      }
    }
    this.#blank(statement.start, statement.end)
  }

  #export(statement: LinkStatement): void {
    switch (statement.type) {
      case 'ExportAllDeclaration': {
        const dependency = this.#dependency(statement.source, statement.attributes)
        if (statement.exported) this.#exports.set(nameOf(statement.exported), `${this.#prefix}${dependency}`)
        else this.#stars.add(dependency)
        this.#blank(statement.start, statement.end)
        break
      }
      case 'ExportNamedDeclaration':
        this.#exportNamed(statement)
        break
      case 'ExportDefaultDeclaration':
        this.#exportDefault(statement)
        break
    }
  }

  #exportNamed(statement: ExportNamedDeclaration): void {
    const { declaration, source } = statement
    if (declaration) {
      const names =
        declaration.type === 'VariableDeclaration'
          ? declaration.declarations.flatMap(({ id }) => namesOfPattern(id))
          : [declaration.id.name]
      for (const name of names) this.#exports.set(name, name)
      this.#erase(statement.start, declaration.start)
      return
    }
    if (source) {
      const dependency = this.#dependency(source, statement.attributes)
      for (const { local, exported } of statement.specifiers) {
        this.#exports.set(nameOf(exported), this.#ask(dependency, nameOf(local)))
      }
    } else {
      for (const { local, exported } of statement.specifiers) {
        const name = nameOf(local)
        this.#exports.set(nameOf(exported), this.#imported.get(name) ?? name)
      }
    }
    this.#blank(statement.start, statement.end)
  }

  #exportDefault(statement: LinkStatement & { type: 'ExportDefaultDeclaration' }): void {
    const declaration = statement.declaration as unknown as DefaultDeclaration
    const id = declaration.id as Identifier | null | undefined
    const parametersStart = declaration.parametersStart as number
    const isFunction = declaration.type === 'FunctionDeclaration'
    if ((isFunction || declaration.type === 'ClassDeclaration') && id) {
      this.#exports.set('default', id.name)
      this.#erase(statement.start, declaration.start)
      return
    }
    const name = `${this.#prefix}d`
    this.#exports.set('default', name)
    if (isFunction) {
      // Hoisted like any function declaration, so it stays one; only its name has to be put right.
      this.#erase(statement.start, declaration.start)
      this.#edits.push({ start: parametersStart, end: parametersStart, text: ` ${name}` })
      this.#namesDefaultFunction = true
      return
    }
    // A property definition gives anonymous functions and classes the name `default`, as an export does.
    const end = this.#source[statement.end - 1] === ';' ? statement.end - 1 : statement.end
    this.#edits.push({
      start: statement.start,
      end: declaration.keywordEnd,
      text: `const ${name}=({default:${newlines(this.#source, statement.start, declaration.keywordEnd)}`,
    })
    this.#edits.push({ start: end, end, text: '}).default;' })
  }

  #replaceReferences(): void {
    const { names, positions, forms, dynamicImports, metas } = this.#references
    for (let at = 0; at < names.length; at++) {
      const name = names[at]!
      const expression = this.#imported.get(name)
      if (expression === undefined) continue
      const start = positions[at]!
      const form = forms[at]!
      let text = expression
      if (form === SHORTHAND) text = `${name}:${expression}`
      else if (form === CALLED) text = `(0,${expression})`
      else if (form === CALLED_FIRST) text = `;(0,${expression})`
      this.#edits.push({ start, end: this.#endOfName(start, name), text })
    }
    for (const start of dynamicImports)
      this.#edits.push({ start, end: start + 6, text: `${this.#prefix}m.d` })
    for (const { start, end } of metas) {
      this.#edits.push({
        start,
        end,
        text: `${this.#prefix}m.meta${newlines(this.#source, start, end)}`,
      })
    }
  }

  /** A name may be spelt with escapes, and is then longer than it is. */
  #endOfName(start: number, name: string): number {
    if (this.#source.startsWith(name, start)) return start + name.length
    const spelt = /^(?:\\u\{[^}]*\}|\\u....|[\p{ID_Continue}$\u200c\u200d])+/u.exec(
      this.#source.slice(start, start + name.length * 10),
    )
    return start + spelt![0].length
  }

  /** Removes a statement. What it ended must stay ended: `a` and `(b)` around it are not a call. */
  #blank(start: number, end: number): void {
    this.#edits.push({ start, end, text: `;${blanks(this.#source, start + 1, end)}` })
  }

  #erase(start: number, end: number): void {
    this.#edits.push({ start, end, text: blanks(this.#source, start, end) })
  }

  #opening(): string {
    const prefix = this.#prefix
    const dependencies = this.#dependencies.map((_, at) => `${prefix}${at}`)
    const variables = [...dependencies, ...this.#namespaces.map(([name]) => name)]
    const settings = [
      ...dependencies.map((name, at) => `${name}=${prefix}[${at}]`),
      ...this.#namespaces.map(([name, at]) => `${name}=${prefix}[${at}]`),
    ]
    const getters = [...this.#exports]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, expression]) => `get ${key(name)}(){return ${expression}}`)
    const isAsync = this.#references.hasTopLevelAwait
    return (
      `${WRAPPED}(${isAsync ? 'async function' : 'function*'}(${prefix}m){"use strict";` +
      (variables.length > 0 ? `var ${variables.join(',')};` : '') +
      (this.#namesDefaultFunction
        ? `Object.defineProperty(${prefix}d,"name",{value:"default",configurable:true});`
        : '') +
      `${prefix}m.e({${getters.join(',')}},(${prefix})=>{${settings.join(';')}});` +
      (isAsync ? `await ${prefix}m.p;` : 'yield;')
    )
  }

  #closing(added: number): string {
    const lines = [WRAPPER_END, `module.exports.o=${added};`]
    if (this.#dependencies.length > 0) lines.push(`module.exports.i=${JSON.stringify(this.#dependencies)};`)
    if (this.#stars.size > 0) lines.push(`module.exports.s=${JSON.stringify([...this.#stars])};`)
    // Stack traces need to know how long the names were.
    const renamed = [...this.#imported]
      .filter(([local, expression]) => !expression.endsWith(`.${local}`))
      .map(([local, expression]) => [expression.slice(this.#prefix.length), local])
    if (renamed.length > 0) lines.push(`module.exports.l=${JSON.stringify(Object.fromEntries(renamed))};`)
    if (this.#references.hasTopLevelAwait) lines.push('module.exports.a=true;')
    return lines.join('')
  }

  *#pieces(): Iterable<string> {
    const opening = this.#opening()
    yield opening
    let at = 0
    for (const { start, end, text } of this.#edits) {
      if (start > at) yield this.#source.slice(at, start)
      yield text
      at = end
    }
    if (at < this.#source.length) yield this.#source.slice(at)
    yield this.#closing(opening.length)
  }
}

const nameOf = (node: Identifier | Literal): string =>
  node.type === 'Identifier' ? node.name : (node.value as string)

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
const member = (object: string, name: string): string =>
  IDENTIFIER.test(name) ? `${object}.${name}` : `${object}[${JSON.stringify(name)}]`
const key = (name: string): string => (IDENTIFIER.test(name) ? name : JSON.stringify(name))

/** As long as the text was, with its line breaks, so that positions after it stay right. */
const blanks = (source: string, start: number, end: number): string =>
  source.slice(start, end).replace(/[^\n\r\u2028\u2029]/g, ' ')

const newlines = (source: string, start: number, end: number): string =>
  source.slice(start, end).replace(/[^\n]/g, '')
