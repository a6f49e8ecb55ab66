import type { CognitoHandlers } from '../context.ts'

export const adminUserOperations = {} satisfies CognitoHandlers
