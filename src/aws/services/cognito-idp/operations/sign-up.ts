import type { CognitoHandlers } from '../context.ts'

export const signUpOperations = {} satisfies CognitoHandlers
