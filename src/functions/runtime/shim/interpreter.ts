// A module of its own, which only loaded workers get whose package makes code from text.
import Sval from 'sval'

/** Makes a function of its whole text, `function name(a, b) { ... }`, which sees the global scope only. */
export function interpretFunction(text: string): unknown {
  return run(`exports.value = ${text}`)
}

/** Runs a script in the global scope. The value is that of an expression, undefined for statements. */
export function interpretScript(text: string): unknown {
  try {
    return run(`exports.value = (${text}\n)`)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return run(text)
  }
}

function run(text: string): unknown {
  const interpreter = new Sval({ ecmaVer: 'latest', sourceType: 'script', sandBox: false })
  interpreter.run(text)
  return (interpreter.exports as { value?: unknown }).value
}
