// The SDK ships each client's schemas as one module of exported tuples; importing it alone leaves the client,
// its middleware and its credential providers out of the bundle.
declare module '@aws-sdk/client-*' {
  const schemas: Readonly<Record<string, unknown>>
  export = schemas
}
