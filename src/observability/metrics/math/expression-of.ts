import { type DataQuery, MathRefusal } from './metric-data.ts'
import { type Expression, parseExpression } from './parse-expression.ts'

const parsedTexts = new WeakMap<DataQuery, Expression>()

/** A query's expression, taken apart once. */
export function expressionOf(query: DataQuery): Expression {
  let expression = parsedTexts.get(query)
  if (!expression) {
    try {
      expression = parseExpression(query.expression!)
    } catch (error) {
      throw error instanceof MathRefusal ? refused(query, error.message) : error
    }
    parsedTexts.set(query, expression)
  }
  return expression
}

/** What is wrong with a query's expression. */
export const refused = ({ id }: DataQuery, message: string): MathRefusal =>
  new MathRefusal(`Error in expression '${id}': ${message}`)
