import * as z from 'zod'
import { defineTask, giveUp, type TaskType } from '../../core/define.ts'

/** Task types without effects. They have the names of the examples in the OpenAPI document, so that many generated tasks are valid. */
export const types: readonly TaskType[] = [
  defineTask('http', { input: z.unknown(), run: () => 'done' }),
  defineTask('notify', { input: z.unknown(), failureField: 'failure', run: () => 'noted' }),
  defineTask('broken', { input: z.unknown(), retry: { policy: 'none' }, onFailure: 'notify', run: () => giveUp('always') }),
]
