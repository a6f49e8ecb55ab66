import type { CognitoHandlers } from '../context.ts'

export const ownUserOperations = {} satisfies CognitoHandlers
