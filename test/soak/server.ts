import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { defineTask, retriable, snooze, wait } from '../../core/define.ts'
import { startLocal } from '../../worlds/local/index.ts'

// The server of the soak test, in a process of its own: `node test/soak/server.ts FOLDER PORT RETENTION_MS`. Its handlers write
// their starts and ends into a file that survives the process.

// It ends with the process that has started it.
process.stdin.resume().on('end', () => process.exit())

const [data = '', port = '0', retentionMs = '0'] = process.argv.slice(2)
const mark = (what: string, id: string) => appendFileSync(join(data, 'marks'), `${process.pid} ${what} ${id} ${Date.now()}\n`)

/** Runs of each gate in this process. */
const inside = new Map<string, number>()

const work = defineTask('work', {
  input: z.object({
    forMs: z.number().default(0),
    failures: z.number().default(0),
    snoozeUntil: z.number().default(0),
    waitUntil: z.number().default(0),
    gate: z.object({ key: z.string(), limit: z.number() }).optional(),
  }),
  retry: { policy: 'fixed', wait: '1s', attempts: 10 },
  run: async ({ input, task, attempt, signal }) => {
    const { gate } = input
    mark('start', task.id)
    const count = gate ? (inside.get(gate.key) ?? 0) + 1 : 0
    if (gate) inside.set(gate.key, count)
    if (gate && count > gate.limit) mark('crowded', task.id)
    try {
      await sleep(input.forMs, undefined, { signal })
      if (attempt <= input.failures) throw retriable('Soaked', `attempt ${attempt} of ${input.failures} that fail`)
      if (Date.now() < input.snoozeUntil) return snooze('1s')
      if (Date.now() < input.waitUntil) return wait('1h', 'until the driver resumes it')
      return { attempt }
    } finally {
      if (gate) inside.set(gate.key, (inside.get(gate.key) ?? 1) - 1)
      mark('end', task.id)
    }
  },
})

const note = defineTask('note', { input: z.unknown(), run: ({ task }) => mark('note', task.id) })

const { url } = await startLocal({ types: [work, note], data, port: Number(port), retentionMs: Number(retentionMs) })
process.stdout.write(`${url}\n`)
