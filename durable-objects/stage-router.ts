import { PointerObject } from './pointer-object.ts'

/** One REST API: which deployment each of its stages serves. Document: `ApiPointer`. */
export class StageRouter extends PointerObject {}
