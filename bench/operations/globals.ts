// What is injected into Weir's bundle in place of the globals of these names.
export { clearTimeout, crypto, Date, scheduler, setTimeout } from './platform.ts'
