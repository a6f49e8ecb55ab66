import type { CognitoHandlers } from '../context.ts'

export const clientOperations = {} satisfies CognitoHandlers
