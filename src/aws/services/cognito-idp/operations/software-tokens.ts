import type { CognitoHandlers } from '../context.ts'

export const softwareTokenOperations = {} satisfies CognitoHandlers
