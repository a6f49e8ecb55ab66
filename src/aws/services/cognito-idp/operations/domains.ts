import type { CognitoHandlers } from '../context.ts'

export const domainOperations = {} satisfies CognitoHandlers
