import { LIMITS } from '../../core/limits.ts'
import type { Refusal } from '../../core/refusal.ts'
import type { Needs } from '../../engine/needs.ts'
import { failureOf, type Problem, problemOf } from '../schemas/problem.ts'
import type { Response } from './request.ts'

/** The headers of every response: no cache may serve it to another caller. */
export const PRIVATE = { 'cache-control': 'no-store' } as const

/** The response for a refusal. The servers use it for their own refusals before `handle`, such as a missing authentication. */
export const problem = (refusal: Refusal, path: string, headers: Response['headers'] = {}): Response =>
  answer(problemOf(refusal, path), headers)

const answer = (problem: Problem, headers: Response['headers']): Response => ({
  status: problem.status,
  headers: { 'content-type': 'application/problem+json', ...PRIVATE, ...headers },
  body: JSON.stringify(problem),
})

/** The response for a thrown error: 503 for a fault, 500 for a defect. The cause is logged and not shown to the caller. */
export const failure = (world: Pick<Needs<'api'>, 'log'>, thrown: unknown, path: string): Response => {
  const problem = failureProblem(world, thrown, path)
  return answer(problem, problem.code === 'unavailable' ? { 'retry-after': String(Math.ceil(LIMITS.retryAfterMs / 1_000)) } : {})
}

/** Logs a thrown error and returns its problem. */
export const failureProblem = (world: Pick<Needs<'api'>, 'log'>, thrown: unknown, path: string): Problem => {
  const defect = isDefect(thrown)
  world.log.error(defect ? 'api.defect' : 'api.fault', { path, error: thrown instanceof Error ? thrown.stack : String(thrown) })
  return defect
    ? failureOf('defect', 'Internal error, logged; retrying will not help.', path)
    : failureOf('unavailable', 'a service behind the API did not answer; retry the request with the same Idempotency-Key', path)
}

/** Worlds throw the errors of their services; an error of the language is a defect of the program. */
const isDefect = (thrown: unknown): boolean =>
  thrown instanceof TypeError ||
  thrown instanceof RangeError ||
  thrown instanceof ReferenceError ||
  thrown instanceof SyntaxError ||
  (thrown instanceof Error && thrown.name === 'AssertionError')
