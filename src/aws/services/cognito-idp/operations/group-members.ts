import type { CognitoHandlers } from '../context.ts'

export const groupMemberOperations = {} satisfies CognitoHandlers
