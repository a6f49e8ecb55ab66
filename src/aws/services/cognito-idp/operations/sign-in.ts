import type { CognitoHandlers } from '../context.ts'

export const signInOperations = {} satisfies CognitoHandlers
