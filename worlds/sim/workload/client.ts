import type { Request, Response } from '../../../api/http/request.ts'
import type { TaskCommand } from '../../../core/task/command.ts'
import type { Ticker } from '../../memory/ticker.ts'

/** The API as simulated callers use it. A promise never settles when the process of the API dies first. */
export type Client = {
  /** `environmentId` is the environment of the API that gets the request, when it is not the simulated one. */
  readonly request: (tenant: string, request: Request, environmentId?: string) => Promise<Response>
  /** Applies a command that has no route of its own: `skip`. */
  readonly command: (tenant: string, id: string, commandAt: (at: number) => TaskCommand) => Promise<void>
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
export const requestUntilAnswered = (
  clock: Ticker,
  send: () => Promise<Response>,
  onAnswer: (response: Response, isLate: boolean) => void,
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
