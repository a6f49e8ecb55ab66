import { INTERPRETER_MODULE } from '../shim-manifest.ts'
import type { NativeRequire } from './package-files.ts'

interface Interpreter {
  interpretFunction(text: string): unknown
  interpretScript(text: string): unknown
}

/**
 * Lets `new Function(...)` and `eval(...)` work, though Workers make no code from text: an interpreter runs it. It is
 * some hundred times slower, which does not matter for what libraries make so: templates, validators, wrappers.
 *
 * An empty function is refused as before. That is how libraries ask whether they may generate code; those that do
 * have another way, which is faster than interpreting.
 */
export function interpretCodeFromText(require: NativeRequire): void {
  const interpreter = () => require(`./${INTERPRETER_MODULE}`) as Interpreter
  const kinds: [prefix: string, example: object][] = [
    ['function', () => {}],
    ['async function', async () => {}],
    ['function*', function* () {}],
    ['async function*', async function* () {}],
  ]
  for (const [prefix, example] of kinds) {
    const prototype = Object.getPrototypeOf(example) as { constructor: (...args: string[]) => unknown }
    const original = prototype.constructor
    function fromText(...args: unknown[]): unknown {
      const body = String(args.pop() ?? '')
      // How older libraries find the global object.
      if (/^\s*return this;?\s*$/.test(body)) return () => globalThis
      if (body.trim() === '') {
        throw new EvalError('Code generation from strings disallowed for this context')
      }
      return interpreter().interpretFunction(`${prefix} anonymous(${args.join(',')}\n) {\n${body}\n}`)
    }
    fromText.prototype = original.prototype as object
    Object.defineProperty(fromText, 'name', { value: original.name })
    Object.defineProperty(prototype, 'constructor', { value: fromText, configurable: true, writable: true })
    if (prefix === 'function') globalThis.Function = fromText as unknown as FunctionConstructor
  }
  const evaluate = (text: unknown): unknown =>
    typeof text === 'string' ? interpreter().interpretScript(text) : text
  Object.defineProperty(globalThis, 'eval', { value: evaluate, configurable: true, writable: true })
}
