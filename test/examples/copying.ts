import { defineTask } from 'carillon'
import * as z from 'zod'

type Copy = (table: string, signal: AbortSignal) => Promise<void>

/** A task type that copies tables, one after the other. The function that copies one table is a parameter. */
export const copyType = (copy: Copy) =>
  defineTask('copy-tables', {
    input: z.object({ environment: z.string(), tables: z.array(z.string()).min(1) }),
    version: 3,
    upcasters: {
      1: (table: string) => ({ tables: [table] }), // version 1 was the name of one table,
      2: (old: { tables: string[] }) => ({ ...old, environment: 'production' }), // version 2 knew one environment
    },
    lane: 'long',
    run: async ({ input, signal, heartbeat, log }) => {
      for (const [copied, table] of input.tables.entries()) {
        await heartbeat({ percent: (100 * copied) / input.tables.length, text: `copying ${table}`, counters: { copied } })
        await copy(table, signal) // stops when the signal fires, and throws
      }
      log.info('copied', { environment: input.environment })
      return { copied: input.tables.length }
    },
  })
