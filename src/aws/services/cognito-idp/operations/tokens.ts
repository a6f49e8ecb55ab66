import type { CognitoHandlers } from '../context.ts'

export const tokenOperations = {} satisfies CognitoHandlers
