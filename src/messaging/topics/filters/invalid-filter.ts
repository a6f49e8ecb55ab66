/** What is wrong with a filter policy, in SNS's words. */
export class InvalidFilter extends Error {}
