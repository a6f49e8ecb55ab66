import { operationAt, type ServiceFacts, type Shape, shapeAt } from '../../wire/constraints/facts.ts'

/** Operations that check a runtime themselves: Lambda answers InvalidParameterValueException to one it does not have. */
const CHECKING_RUNTIMES = ['CreateFunction', 'UpdateFunctionConfiguration']

/** The model's facts without the one list of values that Lambda does not hold a request against. */
export function requestFacts(facts: ServiceFacts): ServiceFacts {
  const shapes: Shape[] = [...facts.shapes, ['string']]
  const Runtime = shapes.length - 1
  for (const operation of CHECKING_RUNTIMES) {
    const [, , index] = operationAt(facts, operation)
    const shape = index === undefined ? undefined : shapeAt(facts, index)
    if (shape?.[0] !== 'structure') throw new Error(`${operation} has no input`)
    const [kind, name, members, ...rest] = shape
    shapes[index!] = [kind, name, { ...members, Runtime }, ...rest]
  }
  return { ...facts, shapes }
}
