// A version that should not have been shipped: every fifth call or so, the register of pets does not answer.
const pets = new Map([
  ['ada', { kind: 'cat', age: 9 }],
  ['bello', { kind: 'dog', age: 4 }],
  ['coco', { kind: 'parrot', age: 31 }],
])

export const handler = async (event, context) => {
  if (Math.random() < 0.2) throw new Error('The register of pets does not answer')
  const name = event.pathParameters?.name
  if (name && !pets.has(name)) return answer(404, { message: `No pet is called ${name}` })
  return answer(200, {
    version: context.functionVersion,
    stage: event.requestContext.stage,
    ...(name ? { pet: { name, ...pets.get(name) } } : { pets: [...pets.keys()] }),
  })
}

const answer = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(body)}\n`,
})
