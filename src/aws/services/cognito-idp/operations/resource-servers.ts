import type { CognitoHandlers } from '../context.ts'

export const resourceServerOperations = {} satisfies CognitoHandlers
