import type { CognitoHandlers } from '../context.ts'

export const poolOperations = {} satisfies CognitoHandlers
