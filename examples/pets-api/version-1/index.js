// A Lambda handler as it would run on AWS: it knows nothing of Weir.
const pets = {
  ada: { kind: 'cat' },
  bello: { kind: 'dog' },
  coco: { kind: 'parrot' },
}

exports.handler = async (event, context) => {
  const name = event.pathParameters?.name
  if (name && !Object.hasOwn(pets, name)) return answer(404, { message: `No pet is called ${name}` })
  return answer(200, {
    version: context.functionVersion,
    stage: event.requestContext.stage,
    ...(name ? { pet: { name, ...pets[name] } } : { pets: Object.keys(pets) }),
  })
}

const answer = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(body)}\n`,
})
