import { PointerObject } from './pointer-object.ts'

/** One function URL: the function it leads to, and how. Document: `FunctionUrlPointer`. */
export class UrlRouter extends PointerObject {}
