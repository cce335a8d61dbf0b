import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { canaryTypes } from '../../canary/types.ts'
import { defineTask, retriable, type TaskType } from '../../core/define.ts'

/** Returns its input and the time of its run. */
const echo = defineTask('e2e.echo', {
  input: z.object({ word: z.string() }),
  run: ({ input, attempt }) => ({ word: input.word, attempt, ranAt: new Date().toISOString() }),
})

/** Fails in each attempt. */
const fail = defineTask('e2e.fail', {
  input: z.object({ word: z.string() }),
  run: ({ input }) => {
    throw retriable('Broken', `${input.word} is broken`)
  },
})

/** Returns its input as the output, to show the input of a failure task. */
const report = defineTask('e2e.report', { input: z.json(), run: ({ input }) => ({ reported: input }) })

/** Calls the beacon with its process id, and returns the answer of the beacon. */
const callBeacon = defineTask('e2e.linger', {
  input: z.object({ beacon: z.url() }),
  lane: 'brief',
  run: async ({ input, attempt, signal }) => {
    const body = JSON.stringify({ pid: process.pid, parent: process.ppid, attempt })
    const answer = await fetch(input.beacon, { method: 'POST', body, signal })
    return { attempt, answer: await answer.text() }
  },
})

/** Has lifecycle events on the bus. */
const withAllEvents = defineTask('e2e.herald', { input: z.object({}), events: 'all', run: () => 'heard' })

/** Runs for a while, and returns its start and end. */
const occupy = defineTask('e2e.occupy', {
  input: z.object({ ms: z.number() }),
  run: async ({ input }) => {
    const from = Date.now()
    await sleep(input.ms)
    return { from, to: Date.now() }
  },
})

/** Runs until its signal aborts. */
const untilAborted = defineTask('e2e.patient', {
  input: z.object({}),
  run: async ({ signal, heartbeat }) => {
    await heartbeat({ percent: 10, text: 'waiting' })
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    throw signal.reason
  },
})

/** A type that a case pauses. */
const paused = defineTask('e2e.paused', { input: z.object({}), run: () => 'resumed' })

/** The task types of the end-to-end test. */
export const types: readonly TaskType[] = [
  echo,
  fail,
  report,
  callBeacon,
  withAllEvents,
  occupy,
  untilAborted,
  paused,
  ...canaryTypes,
]
