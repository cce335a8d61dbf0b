import * as z from 'zod'
import { defineTask, giveUp, retryLater, type TaskType } from '../core/define.ts'

/**
 * The task types of the canary (`npm run canary`). Add them to the types of your deployment:
 *
 * @example export const types = [...myTypes, ...canaryTypes]
 */

/** Is this the first task of its process? */
let isFirst = true

/** What a run of the canary reports: when it ran, and whether its process was new. */
const report = (attempt: number) => {
  const isCold = isFirst
  isFirst = false
  return { ranAt: new Date().toISOString(), attempt, ...(isCold ? { coldMs: Math.round(process.uptime() * 1_000) } : {}) }
}

const nothing = z.object({})
const span = z.object({ ms: z.number().min(0).max(10_000) })

const echo = defineTask('canary.echo', { input: nothing, retry: { policy: 'none' }, run: ({ attempt }) => report(attempt) })

const flaky = defineTask('canary.flaky', {
  input: nothing,
  retry: { policy: 'fixed', wait: '5s', attempts: 2 },
  run: ({ attempt }) => (attempt === 1 ? retryLater('the first attempt of a flaky canary fails') : report(attempt)),
})

const failing = defineTask('canary.failing', {
  input: nothing,
  onFailure: 'canary.failed',
  run: () => giveUp('a failing canary fails', 'Canary'),
})

const failed = defineTask('canary.failed', { input: z.json(), run: ({ attempt }) => report(attempt) })

const occupy = defineTask('canary.occupy', {
  input: span,
  run: async ({ input, signal }) => {
    const from = Date.now()
    await pause(input.ms, signal)
    return { from, to: Date.now() }
  },
})

/** Runs until its signal, and reports when that came. */
const patient = defineTask('canary.patient', {
  input: nothing,
  run: async ({ signal }) => {
    await pause(40_000, signal)
    return { stoppedAt: new Date().toISOString(), wasStopped: signal.aborted }
  },
})

/** Ends its own process in the first attempt, as a crash does. */
const killed = defineTask('canary.killed', {
  input: nothing,
  run: ({ attempt }) => {
    if (attempt === 1) process.kill(process.pid, 'SIGKILL')
    return report(attempt)
  },
})

/** Resolves after `ms`, or when the signal fires. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timeout = setTimeout(resolve, ms)
    const stop = () => {
      clearTimeout(timeout)
      resolve()
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })

export const canaryTypes: readonly TaskType[] = [echo, flaky, failing, failed, occupy, patient, killed]
