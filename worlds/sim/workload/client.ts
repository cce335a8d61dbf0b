import type { Request, Response } from '../../../api/http/request.ts'
import type { Instant } from '../../../core/instant.ts'
import type { Key } from '../../../core/row/key.ts'
import type { Ticker } from '../../memory/clock.ts'
import type { Random } from '../../memory/faults.ts'

/** The API as simulated callers use it. A promise never settles when the process of the API dies first. */
export type Client = {
  /** `environmentId` is the environment of the API that gets the request, when it is not the simulated one. */
  readonly request: (tenant: string, request: Request, environmentId?: string) => Promise<Response>
  /** Applies a command that has no route. Answers 200 when it was applied, 409 when it was refused, 503 after a fault. */
  readonly command: (key: Key, commandAt: CommandAt) => Promise<Answer>
}

/** An answer of the API, as far as every answer has it. */
export type Answer = Pick<Response, 'status'>

/** A command of the kind of its key, at the time that the process of the API sees. */
export type CommandAt = (at: Instant) => { readonly name: string; readonly at: Instant; readonly by: string }

/** What the workload of a kind under test can use. */
export type WorkloadContext = {
  readonly clock: Ticker
  /** A stream of its own, so the rest of the run draws the same numbers as without this workload. */
  readonly random: Random
  /** After this instant no fault occurs. */
  readonly healAt: Instant
  /** Applies a command to a row of any kind, in a process of the API; repeats it until it was applied or refused. */
  readonly command: (key: Key, commandAt: CommandAt) => void
  /** Moves the next `deaths` messages of a row to the dead-letter queue of its lane. */
  readonly poison: (key: Key, deaths: number) => void
}

/** How long a caller waits for an answer, and then until its next request. */
const ANSWER_WAIT_MS = 30_000
const PAUSE_MS = 1_000

/** Requests of a caller until it gives up. */
export const REQUESTS_COUNT = 12

/**
 * Sends a request again until an answer other than 503 comes in time.
 *
 * @param onAnswer gets every answer except 503, also one that comes after the next request has been sent (`isLate`)
 * @param mostCount requests at most
 */
export const requestUntilAnswered = <Of extends Answer>(
  clock: Ticker,
  send: () => Promise<Of>,
  onAnswer: (response: Of, isLate: boolean) => void,
  mostCount: number,
): void => {
  let isWaiting = true
  const again = () => {
    if (isWaiting && mostCount > 1)
      clock.at(clock.now() + PAUSE_MS, () => requestUntilAnswered(clock, send, onAnswer, mostCount - 1))
    isWaiting = false
  }
  clock.at(clock.now() + ANSWER_WAIT_MS, again)
  void send().then((response) => {
    if (response.status === 503) return again()
    onAnswer(response, !isWaiting)
    isWaiting = false
  })
}
