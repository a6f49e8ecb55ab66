import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ServiceFacts, type Shape, serviceFacts } from '../../../../src/aws/wire/constraints/facts.ts'

const SERVICES = new URL('../../../../src/aws/services/', import.meta.url).pathname

/** The generated facts of every service there is. */
export const allFacts: readonly ServiceFacts[] = readdirSync(SERVICES, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('facts.generated.json'))
  .sort()
  .map(path => serviceFacts(JSON.parse(readFileSync(join(SERVICES, path), 'utf8'))))

export const factsNamed = (serviceId: string): ServiceFacts =>
  allFacts.find(facts => facts.serviceId === serviceId)!

export const lambda = factsNamed('Lambda')
export const apiGateway = factsNamed('API Gateway')

/** Facts of a service with one operation, `Do`, whose input has the members given. */
export function factsOfInput(
  members: Readonly<Record<string, Shape>>,
  options: { required?: readonly string[]; more?: readonly Shape[]; wording?: ServiceFacts['wording'] } = {},
): ServiceFacts {
  const names = Object.keys(members)
  const more = options.more ?? []
  const input = more.length + names.length
  const indexed = Object.fromEntries(names.map((name, i) => [name, more.length + i]))
  return {
    source: 'test',
    serviceId: 'Test',
    protocol: 'json',
    apiVersion: '2020-01-01',
    signingName: 'test',
    endpointPrefix: 'test',
    wording: options.wording,
    operations: { Do: ['POST', '/', input] },
    shapes: [...more, ...Object.values(members), ['structure', 'DoRequest', indexed, options.required ?? []]],
  }
}
