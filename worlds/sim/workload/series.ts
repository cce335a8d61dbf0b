import type { Request } from '../../../api/http/request.ts'
import { type Instant, iso } from '../../../core/instant.ts'
import type { VirtualClock } from '../../memory/clock.ts'
import type { Random } from '../../memory/faults.ts'
import { between, chance, pick } from '../random.ts'
import type { Recorder } from '../recorder.ts'
import { BEHAVIOURS, type Behaviour } from './behaviours.ts'
import { type Client, REQUESTS_COUNT, requestUntilAnswered } from './client.ts'

/** A request for a series. */
type SeriesRequest = { readonly at: Instant; readonly tenant: string; readonly request: Request }

const MINUTE = 60_000
/** A series that makes occurrences for longer would not settle. */
const TAIL_MS = 20 * MINUTE

/** Draws the requests for the series of one run; in most runs there are none. Each series ends soon after the faults. */
export const seriesRequestsOf = (
  random: Random,
  tenants: readonly string[],
  start: Instant,
  healAt: Instant,
): readonly SeriesRequest[] => {
  if (!chance(random, 0.35)) return []
  return Array.from({ length: between(random, 1, 3) }, (_, index) =>
    requestsOf(random, pick(random, tenants), `s${index}`, start, healAt),
  ).flat()
}

const requestsOf = (random: Random, tenant: string, id: string, start: Instant, healAt: Instant): readonly SeriesRequest[] => {
  const from = between(random, start, healAt - 10 * MINUTE)
  const endAt = healAt + between(random, 0, TAIL_MS)
  const path = `/v1/series/${id}`
  const request = (at: Instant, method: string, suffix: string, body?: object): SeriesRequest => ({
    at,
    tenant,
    request: { method, path: `${path}${suffix}`, query: {}, headers: {}, ...(body ? { body: JSON.stringify(body) } : {}) },
  })
  const define = (at: Instant) => request(at, 'PUT', '', definitionOf(random, endAt))
  const later = () => between(random, from, endAt)
  const commands = Array.from({ length: between(random, 0, 5) }, () => {
    const at = later()
    return pick<() => readonly SeriesRequest[]>(random, [
      () => [define(at)],
      () => [request(at, 'PATCH', '', { input: inputOf(random) })],
      () => [request(at, 'POST', '/trigger', { overlap: pick(random, ['bufferAll', 'skip', 'allow']) })],
      () => [
        request(at, 'POST', '/pause', {}),
        request(Math.min(endAt, at + between(random, 0, 15 * MINUTE)), 'POST', '/resume', {}),
      ],
      () => [
        request(at, 'POST', '/backfill', {
          from: iso(at - 30 * MINUTE),
          to: iso(at - MINUTE),
          overlap: pick(random, ['bufferAll', 'allow']),
        }),
      ],
      () => [
        {
          ...request(at, 'DELETE', ''),
          request: { ...request(at, 'DELETE', '').request, query: { openTasks: pick(random, ['keep', 'cancel']) } },
        },
        ...(chance(random, 0.7) ? [define(at + between(random, 0, 5 * MINUTE))] : []),
      ],
    ])()
  }).flat()
  // A series that is still paused at its end would keep its backlog, so its life ends with a resume.
  return [define(from), ...commands, request(endAt + MINUTE, 'POST', '/resume', {})]
}

const definitionOf = (random: Random, endAt: Instant): object => ({
  type: pick(random, ['quiet', 'watched', 'noted']),
  input: inputOf(random),
  recurrence: pick(random, [
    { rate: `${between(random, 1, 12)}m` },
    { rate: `${between(random, 20, 90)}s` },
    { cron: `*/${between(random, 1, 9)} * * * *` },
  ]),
  endAt: iso(endAt),
  ...(chance(random, 0.3) ? { mode: 'fixedDelay' } : {}),
  overlap: pick(random, ['skip', 'bufferOne', 'bufferAll', 'cancelOther', 'allow']),
  catchUp: pick(random, [{ policy: 'none' }, { policy: 'last' }, { policy: 'all', window: '20m' }]),
  ...(chance(random, 0.2) ? { stopOnError: true } : {}),
  ...(chance(random, 0.2) ? { coolDown: { failures: between(random, 1, 3), period: '4m' } } : {}),
  ...(chance(random, 0.2) ? { maxOccurrences: between(random, 1, 6) } : {}),
  ...(chance(random, 0.2) ? { jitter: '30s' } : {}),
})

const inputOf = (random: Random): object => ({
  script: Array.from(
    { length: between(random, 1, 3) },
    (): Behaviour => ({
      do: chance(random, 0.6) ? 'succeed' : pick(random, BEHAVIOURS),
      ms: pick(random, [0, between(random, 1, 2_000), between(random, 1_000, 90_000)]),
    }),
  ),
  ...(chance(random, 0.3) ? { text: 's'.repeat(between(random, 300, 1_500)) } : {}),
})

/** Changed, not possible now, not there, or a time that cannot be. */
const EXPECTED_STATUSES = [200, 201, 202, 204, 400, 404, 409]

/** Sends the requests, each at its time, until it is answered. */
export const startSeries = (
  requests: readonly SeriesRequest[],
  clock: VirtualClock,
  client: Client,
  recorder: Recorder,
): void => {
  for (const { at, tenant, request } of requests)
    clock.at(at, () =>
      requestUntilAnswered(
        clock,
        () => client.request(tenant, request),
        ({ status, body }) => {
          if (!EXPECTED_STATUSES.includes(status))
            recorder.unexpected(`the API answered ${request.method} ${request.path} with ${status}: ${body}`)
        },
        REQUESTS_COUNT,
      ),
    )
}
