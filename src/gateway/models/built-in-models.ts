/** A model that every new API has, until its owner changes or deletes it. */
export interface BuiltInModel {
  readonly description: string
  /** As API Gateway writes it. */
  readonly schema: string
}

/** By name. Methods may name them even in an API whose owner has deleted them. */
export const BUILT_IN_MODELS: Readonly<Record<string, BuiltInModel>> = {
  Empty: {
    description: 'This is a default empty schema model',
    schema: `{
  "$schema": "http://json-schema.org/draft-04/schema#",
  "title" : "Empty Schema",
  "type" : "object"
}`,
  },
  Error: {
    description: 'This is a default error schema model',
    schema: `{
  "$schema" : "http://json-schema.org/draft-04/schema#",
  "title" : "Error Schema",
  "type" : "object",
  "properties" : {
    "message" : { "type" : "string" }
  }
}`,
  },
}
