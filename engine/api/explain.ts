import { isRefusal } from '../../core/refusal.ts'
import { explain } from '../../core/task/explain.ts'
import { explanationOf, explanationView } from '../../core/wire/explanation.ts'
import { aroundOf } from './around.ts'
import { load } from './get.ts'
import { operation } from './operation.ts'

/** `GET /v1/tasks/{id}/explain` */
export const explainTask = operation({
  answers: { 200: explanationView },
  run: async (call) => {
    const row = await load(call)
    if (isRefusal(row)) return row
    const { world, app } = call
    const around = await aroundOf(world, app, row)
    const now = world.clock.now()
    return { status: 200, body: explanationOf(row, now, explain(row, now, around)) }
  },
})
