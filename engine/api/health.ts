import { formatDuration } from '../../core/duration.ts'
import { iso } from '../../core/instant.ts'
import { VERSION } from '../../core/version.ts'
import { type Health, health } from '../../core/wire/answers.ts'
import { backlogAge } from './backlog.ts'
import { operation } from './operation.ts'

/** `GET /v1/health` */
export const getHealth = operation({
  answers: { 200: health },
  run: async ({ world, app, caller }) => {
    const now = world.clock.now()
    const body: Health = {
      status: 'ok',
      versions: { carillon: VERSION, api: 'v1' },
      environmentId: app.environmentId,
      time: iso(now),
      lanes: Object.values(app.lanes).map(({ name, handlerTimeoutMs, maxConcurrency }) => ({
        name,
        maxTimeout: formatDuration(handlerTimeoutMs),
        maxConcurrency,
      })),
      backlogAge: formatDuration(await backlogAge(world.store, caller.tenant, now)),
    }
    return { status: 200, body }
  },
})
