import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { defineTask, retriable, type TaskType } from '../../core/define.ts'

/** Says what it was given, and when it ran. */
const echo = defineTask('e2e.echo', {
  input: z.object({ word: z.string() }),
  run: ({ input, attempt }) => ({ word: input.word, attempt, ranAt: new Date().toISOString() }),
})

/** Fails whenever it is tried. */
const fail = defineTask('e2e.fail', {
  input: z.object({ word: z.string() }),
  run: ({ input }) => {
    throw retriable('Broken', `${input.word} is broken`)
  },
})

/** Keeps what it was given as its output; for failures, to see what a failure task gets. */
const report = defineTask('e2e.report', { input: z.json(), run: ({ input }) => ({ reported: input }) })

/** Tells the beacon who it is, and ends when the beacon answers, with what it answers. */
const linger = defineTask('e2e.linger', {
  input: z.object({ beacon: z.url() }),
  lane: 'brief',
  run: async ({ input, attempt, signal }) => {
    const body = JSON.stringify({ pid: process.pid, parent: process.ppid, attempt })
    const answer = await fetch(input.beacon, { method: 'POST', body, signal })
    return { attempt, answer: await answer.text() }
  },
})

/** Is heard of on the bus. */
const herald = defineTask('e2e.herald', { input: z.object({}), events: 'all', run: () => 'heard' })

/** Stays for a while, and says from when to when. */
const occupy = defineTask('e2e.occupy', {
  input: z.object({ ms: z.number() }),
  run: async ({ input }) => {
    const from = Date.now()
    await sleep(input.ms)
    return { from, to: Date.now() }
  },
})

/** Waits until it is told to stop. */
const patient = defineTask('e2e.patient', {
  input: z.object({}),
  run: async ({ signal, heartbeat }) => {
    await heartbeat({ percent: 10, text: 'waiting' })
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    throw signal.reason
  },
})

/** Is there to be paused. */
const paused = defineTask('e2e.paused', { input: z.object({}), run: () => 'resumed' })

/** The task types of the end-to-end test. */
export const types: readonly TaskType[] = [echo, fail, report, linger, herald, occupy, patient, paused]
