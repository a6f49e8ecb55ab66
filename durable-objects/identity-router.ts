import { PointerObject } from './pointer-object.ts'

/** One entity that has a say in who may do what: a user, a role, a user pool. Document: one of `Published`. */
export class IdentityRouter extends PointerObject {}
