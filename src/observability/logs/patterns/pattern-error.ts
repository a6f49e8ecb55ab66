/** A pattern that cannot be read; the message is for its author. Stays within this folder. */
export class PatternError extends Error {}
