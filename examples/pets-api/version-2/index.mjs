// The next version, this time as an ES module: pets have ages, and a list can be filtered: GET /pets?kind=cat
const pets = new Map([
  ['ada', { kind: 'cat', age: 9 }],
  ['bello', { kind: 'dog', age: 4 }],
  ['coco', { kind: 'parrot', age: 31 }],
])

export const handler = async (event, context) => {
  const name = event.pathParameters?.name
  const kind = event.queryStringParameters?.kind
  if (name && !pets.has(name)) return answer(404, { message: `No pet is called ${name}` })
  const listed = [...pets].filter(([, pet]) => !kind || pet.kind === kind)
  return answer(200, {
    version: context.functionVersion,
    stage: event.requestContext.stage,
    ...(name
      ? { pet: { name, ...pets.get(name) } }
      : { pets: listed.map(([name, { age }]) => `${name}, ${age} years`) }),
  })
}

const answer = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(body)}\n`,
})
