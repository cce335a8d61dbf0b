/**
 * The three kinds of no. A *refusal* is an expected no: a value with a code, answered by one table to the caller (HTTP)
 * and to the queue. A *fault* is the outside failing: thrown by a world, retried by whoever called. A *defect* is an
 * assertion: thrown, dead-lettered and seen.
 */
export type Refusal = {
  readonly refused: RefusalCode
  /** What was wrong, with what value, and what to do. */
  readonly message: string
  /** The state that the row is in, where the row is why. */
  readonly state?: string
  /** Where in the input, as a JSON pointer. */
  readonly path?: string
  /** What the queue may do meanwhile: not before this the answer can change. */
  readonly retryAt?: number
}

type Answer = { readonly status: number; readonly nudge: 'acknowledge' | 'return'; readonly title: string }

/** Every refusal that exists: its HTTP status, what happens to a nudge that meets it, and its title. */
export const refusals = {
  unknown: { status: 404, nudge: 'acknowledge', title: 'There is nothing by this name' },
  superseded: { status: 409, nudge: 'acknowledge', title: 'A newer wake-up has taken the place of this one' },
  finished: { status: 409, nudge: 'acknowledge', title: 'The task has finished' },
  cancelled: { status: 409, nudge: 'acknowledge', title: 'The task has been cancelled' },
  notAllowed: { status: 409, nudge: 'acknowledge', title: 'The task is in a state that does not allow this' },
  fenced: { status: 409, nudge: 'acknowledge', title: 'The worker has lost its claim' },
  early: { status: 409, nudge: 'return', title: 'It is not yet time' },
  leased: { status: 409, nudge: 'return', title: 'A worker holds the task' },
  busy: { status: 409, nudge: 'acknowledge', title: 'The gate is busy' },
  unchanged: { status: 409, nudge: 'acknowledge', title: 'It is so already' },
  exists: { status: 409, nudge: 'acknowledge', title: 'There is such a task already' },
  idempotencyConflict: { status: 409, nudge: 'acknowledge', title: 'The idempotency key was used for another request' },
  invalid: { status: 400, nudge: 'acknowledge', title: 'The request is not valid' },
  unauthenticated: { status: 401, nudge: 'acknowledge', title: 'Who is asking is not known' },
  forbidden: { status: 403, nudge: 'acknowledge', title: 'The caller may not do this' },
  noRoute: { status: 404, nudge: 'acknowledge', title: 'There is nothing at this path' },
  methodNotAllowed: { status: 405, nudge: 'acknowledge', title: 'The path does not take this method' },
  tooLarge: { status: 413, nudge: 'acknowledge', title: 'Too large' },
  unsupportedMedia: { status: 415, nudge: 'acknowledge', title: 'The body is not JSON' },
} as const satisfies Record<string, Answer>

/** The stable code of a refusal, as it appears on wires. */
export type RefusalCode = keyof typeof refusals

/** Makes a refusal. */
export const refuse = (refused: RefusalCode, message: string, more: Omit<Refusal, 'refused' | 'message'> = {}): Refusal => ({
  refused,
  message,
  ...more,
})

/** Is this answer a no? */
export const isRefusal = (answer: unknown): answer is Refusal =>
  typeof answer === 'object' && answer !== null && 'refused' in answer
