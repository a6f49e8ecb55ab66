import { type Expression, type Position, parseExpressionAt, type SourceLocation } from 'acorn'
import type { PolicyDocument } from './policy-document.ts'

/** Where a statement stands in its policy's text. Lines and columns count from 1. */
export interface StatementPosition {
  readonly start: Position
  readonly end: Position
}

/**
 * Of each statement. As the policy simulator counts: the start is behind the opening brace, the end behind the closing
 * one.
 * https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-custom-policy.html#examples
 *
 * @param text of a policy that was checked. JSON is a part of JavaScript, save for objects that have `__proto__` twice:
 *   of those nothing is told
 */
export function statementPositions(text: string): readonly StatementPosition[] {
  const statements = statementNodes(text)
  return statements.map(({ loc }) => {
    const { start, end } = loc as SourceLocation
    return {
      start: { line: start.line, column: start.column + 2 },
      end: { line: end.line, column: end.column + 1 },
    }
  })
}

function statementNodes(text: string): readonly Expression[] {
  let document: Expression
  try {
    document = parseExpressionAt(text, 0, { ecmaVersion: 'latest', locations: true })
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
  if (document.type !== 'ObjectExpression') return []
  // Of members of the same name the last one counts, as it does in JSON.
  const value = document.properties.findLast(
    property =>
      property.type === 'Property' &&
      property.key.type === 'Literal' &&
      property.key.value === ('Statement' satisfies keyof PolicyDocument),
  )
  if (value?.type !== 'Property') return []
  if (value.value.type !== 'ArrayExpression') return [value.value]
  return value.value.elements.filter(element => element !== null && element.type !== 'SpreadElement')
}
