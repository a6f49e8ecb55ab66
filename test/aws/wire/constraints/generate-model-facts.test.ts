import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { factsOf, type Model, print } from '../../../../scripts/generate-model-facts.ts'
import { type ServiceFacts, shapeAt } from '../../../../src/aws/wire/constraints/facts.ts'
import { allFacts, apiGateway, lambda } from './model-facts.ts'

const model: Model = {
  metadata: {
    serviceId: 'Pets',
    protocol: 'json',
    apiVersion: '2020-01-01',
    endpointPrefix: 'pets',
    targetPrefix: 'Pets_20200101',
    jsonVersion: '1.1',
  },
  operations: {
    AddPet: { http: { method: 'POST', requestUri: '/' }, input: { shape: 'AddPetRequest' } },
    Ping: { http: { method: 'POST', requestUri: '/' } },
  },
  shapes: {
    AddPetRequest: {
      type: 'structure',
      required: ['Name'],
      members: {
        Name: { shape: 'Name' },
        Nickname: { shape: 'AlsoAName' },
        Parents: { shape: 'Pets' },
        Photo: { shape: 'Photo' },
        Notes: { shape: 'Document' },
      },
    },
    Name: { type: 'string', min: 1, max: 64 },
    AlsoAName: { type: 'string', min: 1, max: 64 },
    Pets: { type: 'list', member: { shape: 'Pet' }, max: 2 },
    Pet: { type: 'structure', members: { Name: { shape: 'Name' }, Parents: { shape: 'Pets' } } },
    Photo: { type: 'blob', streaming: true },
    Document: { type: 'structure', members: {}, document: true },
    Answer: { type: 'structure', members: { Id: { shape: 'Name' } } },
  },
}

describe('the generator', () => {
  const facts = factsOf(model, 'test')

  it('writes what inputs reach, equal shapes once and recursive ones whole', () => {
    expect(facts.operations).toEqual({ AddPet: ['POST', '/', 0], Ping: ['POST', '/'] })
    expect(facts.shapes).toEqual([
      ['structure', 'AddPetRequest', { Name: 1, Nickname: 1, Parents: 3, Photo: 4, Notes: 4 }, ['Name']],
      ['string', { min: 1, max: 64 }],
      ['structure', 'Pet', { Name: 1, Parents: 3 }],
      ['list', 2, { max: 2 }],
      ['any'],
    ])
  })

  it('names the service as requests name it', () => {
    expect(facts).toMatchObject({
      source: 'test',
      serviceId: 'Pets',
      protocol: 'json',
      signingName: 'pets',
      targetPrefix: 'Pets_20200101',
      jsonVersion: '1.1',
    })
  })

  it('prints what it can be read back from', () => {
    expect(JSON.parse(print(facts))).toEqual(JSON.parse(JSON.stringify(facts)))
  })

  it('does not take anything else for a model', () => {
    expect(() => factsOf({ ...model, metadata: {} }, 'test')).toThrow('not a service model')
    expect(() => factsOf({ ...model, shapes: {} }, 'test')).toThrow('no shape')
  })
})

// The SDK's tuples: [9, namespace, name, traits, input, output] and [3, namespace, name, traits, memberNames, ...].
type Operation = readonly [9, string, string, unknown, Structure | (() => Structure), unknown]
type Structure = readonly [3, string, string, unknown, readonly string[]]

async function operationsOfSdk(client: string): Promise<Operation[]> {
  const module: Record<string, unknown> = await import(`@aws-sdk/client-${client}`)
  return Object.values(module).filter((value): value is Operation => Array.isArray(value) && value[0] === 9)
}

describe('the generated facts', () => {
  it.each([
    ['lambda', lambda],
    ['api-gateway', apiGateway],
  ] as [string, ServiceFacts][])(
    'of %s know every operation and input member of the SDK',
    async (client, facts) => {
      const operations = await operationsOfSdk(client)
      expect(operations.map(([, , name]) => name).sort()).toEqual(Object.keys(facts.operations).sort())
      for (const [, , name, , input] of operations) {
        const structure = typeof input === 'function' ? input() : input
        const index = facts.operations[name]![2]
        if (!Array.isArray(structure) || index === undefined) continue
        const shape = shapeAt(facts, index)
        const members = shape[0] === 'structure' ? Object.keys(shape[2]) : []
        expect([name, ...members.sort()]).toEqual([name, ...[...(structure[4] ?? [])].sort()])
      }
    },
  )

  it('stay small, for they are part of the bundle', () => {
    const services = new URL('../../../../src/aws/services/', import.meta.url).pathname
    for (const service of readdirSync(services)) {
      if (!existsSync(join(services, service, 'facts.generated.json'))) continue
      const bytes = readFileSync(join(services, service, 'facts.generated.json'))
      expect(bytes.length, service).toBeLessThan(60_000)
      expect(gzipSync(bytes).length, service).toBeLessThan(12_000)
    }
    expect(allFacts.length).toBeGreaterThanOrEqual(2)
  })
})
