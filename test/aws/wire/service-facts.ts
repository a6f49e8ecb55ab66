/** Facts of a service that has no constraints, and codes of its refusals. */
export const factsOf = (
  protocol: string,
  signingName: string,
  operations: readonly string[],
  more: object = {},
) => ({
  source: 'test',
  serviceId: signingName,
  protocol,
  apiVersion: '',
  signingName,
  endpointPrefix: signingName,
  operations: Object.fromEntries(operations.map(name => [name, ['POST', '/'] as const])),
  shapes: [],
  ...more,
})

export const codes = { validation: 'ValidationException', serialization: 'SerializationException' }
