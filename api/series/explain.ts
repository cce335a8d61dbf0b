import { explainSeries as explain } from '../../core/series/explain.ts'
import { showInZone } from '../../core/recurrence/zone.ts'
import { isRefusal } from '../../core/refusal.ts'
import { endpoint } from '../http/endpoint.ts'
import { seriesExplanationView } from '../schemas/series.ts'
import { loadSeries } from './get.ts'

/** `GET /v1/series/{id}/explain` */
export const explainSeries = endpoint({
  answers: { 200: seriesExplanationView },
  run: async (call) => {
    const row = await loadSeries(call)
    if (isRefusal(row)) return row
    const now = call.world.clock.now()
    const { summary, reasons, nextChangeAt } = explain(row, now)
    const local = (at: number) => showInZone(row.schedule.timeZone, at)
    const body = {
      series: row.id,
      state: row.state,
      at: local(now),
      summary,
      reasons: reasons.map(({ until, ...reason }) => ({ ...reason, ...(until === undefined ? {} : { until: local(until) }) })),
      ...(nextChangeAt === undefined ? {} : { nextChangeAt: local(nextChangeAt) }),
    }
    return { status: 200, body }
  },
})
