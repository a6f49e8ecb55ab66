import { PointerObject } from './pointer-object.ts'

/** One function: which versions its aliases point at and with what weights. Document: `FunctionPointer`. */
export class AliasRouter extends PointerObject {}
