import type { CognitoHandlers } from '../context.ts'

export const groupOperations = {} satisfies CognitoHandlers
