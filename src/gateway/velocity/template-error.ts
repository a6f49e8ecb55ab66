/** A template that is not valid, or fails with what it is given, or asks for too much. Its owner's mistake. */
export class TemplateError extends Error {}
