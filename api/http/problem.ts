import { LIMITS } from '../../core/limits.ts'
import type { Refusal } from '../../core/refusal.ts'
import type { Needs } from '../../engine/needs.ts'
import { failureOf, type Problem, problemOf } from '../schemas/problem.ts'
import type { Response } from './request.ts'

/** What every answer of the API carries: nothing in it may be served to somebody else later. */
export const PRIVATE = { 'cache-control': 'no-store' } as const

/** Answers a refusal. Doors use it too, for what they refuse before `handle` (who is asking is not known). */
export const problem = (refusal: Refusal, path: string, headers: Response['headers'] = {}): Response =>
  answer(problemOf(refusal, path), headers)

const answer = (said: Problem, headers: Response['headers']): Response => ({
  status: said.status,
  headers: { 'content-type': 'application/problem+json', ...PRIVATE, ...headers },
  body: JSON.stringify(said),
})

/** Answers what was thrown: a fault may be tried again, a defect is ours. The log knows the rest, the caller does not. */
export const failure = (world: Pick<Needs<'api'>, 'log'>, thrown: unknown, path: string): Response => {
  const said = failureProblem(world, thrown, path)
  return answer(said, said.code === 'unavailable' ? { 'retry-after': String(Math.ceil(LIMITS.retryAfterMs / 1_000)) } : {})
}

/** The problem of something thrown, which is logged here. */
export const failureProblem = (world: Pick<Needs<'api'>, 'log'>, thrown: unknown, path: string): Problem => {
  const defect = isDefect(thrown)
  world.log.error(defect ? 'api.defect' : 'api.fault', { path, error: thrown instanceof Error ? thrown.stack : String(thrown) })
  return defect
    ? failureOf('defect', 'Carillon met an error of its own, and has logged it; the same request will fail again', path)
    : failureOf(
        'unavailable',
        'something behind Carillon did not answer; repeat the request, with the same Idempotency-Key',
        path,
      )
}

/** Worlds throw what their services say; what the language itself throws is a mistake in the program. */
const isDefect = (thrown: unknown): boolean =>
  thrown instanceof TypeError ||
  thrown instanceof RangeError ||
  thrown instanceof ReferenceError ||
  thrown instanceof SyntaxError ||
  (thrown instanceof Error && thrown.name === 'AssertionError')
