import type { KmsHandlers } from '../model.ts'

export const keyOperations = {} satisfies KmsHandlers
