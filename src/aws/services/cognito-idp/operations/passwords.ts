import type { CognitoHandlers } from '../context.ts'

export const passwordOperations = {} satisfies CognitoHandlers
