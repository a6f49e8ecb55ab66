import type { CognitoHandlers } from '../context.ts'

export const tagOperations = {} satisfies CognitoHandlers
