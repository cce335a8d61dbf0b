import { defined } from '../../core/defined.ts'
import { read } from '../../core/reading/read.ts'
import { type SeriesRequest, seriesRequest } from '../../core/reading/series-request.ts'
import type { CreateTaskRequest } from '../../core/reading/task-request.ts'
import { scheduleOf } from '../../core/recurrence/schedule.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { Json } from '../../core/row/json.ts'
import { documentOwner } from '../../core/series/consequences.ts'
import type { SeriesDefinition, SeriesRow, SeriesTask } from '../../core/series/row.ts'
import type { Payload } from '../../core/task/row.ts'
import { apply } from '../../engine/apply.ts'
import { loadCalendars } from '../../engine/calendars.ts'
import { newIdentity } from '../../engine/create/create.ts'
import { identityOf, isMadeBy, requestDigestOf } from '../../engine/create/insert.ts'
import { resolveRequest } from '../../engine/create/resolve.ts'
import { storePayload } from '../../engine/payload.ts'
import { schedulesOf } from '../../engine/series.ts'
import { type Answer, type Call, endpoint } from '../http/endpoint.ts'
import { readKey } from '../http/request.ts'
import { patchBody, seriesView, writeSeries } from '../schemas/series.ts'
import { inputOf, loadSeries, seriesKeyOf, viewOf } from './get.ts'

/** `PUT /v1/series/{id}`: creates the series, or replaces its definition. The same request again changes nothing. */
export const putSeries = endpoint({
  body: seriesRequest,
  answers: { 200: seriesView, 201: seriesView },
  run: async (call) => {
    const key = seriesKeyOf(call)
    return isRefusal(key) ? key : define(call, key.id, call.body)
  },
})

/** `POST /v1/series`: creates a series under a new id. Repeated requests with one `Idempotency-Key` create one series. */
export const createSeries = endpoint({
  body: seriesRequest,
  keyed: true,
  answers: { 200: seriesView, 201: seriesView },
  run: async (call) => {
    const key = readKey(call.request)
    if (isRefusal(key)) return key
    const identity = key.key === undefined ? newIdentity(call) : identityOf(call.caller.tenant, key.key, call.raw)
    const before = await call.world.store.get({ kind: 'series', tenant: call.caller.tenant, id: identity.id })
    if (!before)
      return define(call, identity.id, call.body, identity.digest === undefined ? undefined : requestDigestOf(call, identity))
    if (!isMadeBy(before, identity))
      return refuse(
        'idempotencyConflict',
        `this Idempotency-Key was used with another body, which created series ${before.id}; use a new key`,
        {
          path: '/headers/idempotency-key',
        },
      )
    const headers = { location: `/v1/series/${before.id}`, 'idempotent-replayed': 'true' }
    return { status: 200, headers, body: await viewOf(call, before) }
  },
})

/** `PATCH /v1/series/{id}`: a JSON merge patch (RFC 7396) of the definition. */
export const patchSeries = endpoint({
  body: patchBody,
  answers: { 200: seriesView },
  run: async (call) => {
    const row = await loadSeries(call)
    if (isRefusal(row)) return row
    const written = writeSeries(row, await inputOf(call, row))
    const body = read(seriesRequest, mergePatch(written, call.raw))
    return isRefusal(body) ? body : define(call, row.id, body.value)
  },
})

/** RFC 7396: null removes a field, an object is merged, any other value replaces. The input of a task is replaced as a whole. */
const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const merged: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    // A recurrence is one of several forms: a new one replaces the old one.
    else merged[name] = name === 'input' || name === 'recurrence' ? value : mergePatch(merged[name], value)
  }
  return merged
}

const define = async (call: Call, id: string, body: SeriesRequest, requestDigest?: string): Promise<Answer | Refusal> => {
  const { world, caller, app } = call
  const at = world.clock.now()
  const key = { kind: 'series', tenant: caller.tenant, id } as const
  const definition = await definitionOf(call, id, body, at)
  if (isRefusal(definition)) return definition
  const before = await world.store.get(key)
  const schedules = [definition.schedule, ...(before ? schedulesOf(before) : [])]
  const calendars = await loadCalendars(world, caller.tenant, schedules)
  const command = { name: 'define', at, by: caller.by, definition, calendars, ...defined({ requestDigest }) } as const
  const done = await apply(world, key, () => command, before ?? 'none')
  if (isRefusal(done)) {
    const row = done.refused === 'unchanged' ? await loadSeries({ ...call, id }) : done
    return isRefusal(row) ? row : { status: 200, body: await viewOf(call, row) }
  }
  if (done.before) await retireDocuments(world, done.before, done.after, at + app.retentionMs)
  const isNew = done.after.revision === 1
  const location = `/v1/series/${id}`
  return { status: isNew ? 201 : 200, ...(isNew ? { headers: { location } } : {}), body: await viewOf(call, done.after) }
}

const definitionOf = async (
  { world, app, caller }: Call,
  id: string,
  body: SeriesRequest,
  at: number,
): Promise<SeriesDefinition | Refusal> => {
  const { overlap = 'skip', catchUp, coolDown, maxOccurrences, stopOnError, description } = body
  const { input = null, timeout, expiresAfter, retry, lane, gate, priority, tags, onFailure, type } = body
  const request = { type, input, ...defined({ timeout, expiresAfter, retry, lane, gate, priority, tags, onFailure }) }
  const resolved = resolveRequest(app, request as CreateTaskRequest, at)
  if (isRefusal(resolved)) return resolved
  const owner = { tenant: caller.tenant, id: documentOwner(id) }
  const stored = await storePayload(world, owner, input as Json)
  if (isRefusal(stored)) return { ...stored, path: '/input' }
  const { policy, expiresAt, notBefore, environmentId, failureInput } = resolved
  const given = failureInput === undefined ? undefined : await storePayload(world, owner, failureInput)
  if (isRefusal(given)) return { ...given, path: '/onFailure/input' }
  const task: SeriesTask = {
    policy,
    input: stored,
    ...defined({ tags: resolved.tags, environmentId }),
    ...(resolved.onFailure ? { onFailure: { ...resolved.onFailure, ...defined({ input: given }) } } : {}),
    ...(expiresAt === undefined ? {} : { expiresAfterMs: expiresAt - notBefore }),
  }
  return {
    task,
    schedule: scheduleOf(scheduleIn(body), at),
    overlap,
    catchUp: catchUp
      ? { policy: catchUp.policy, ...defined({ windowMs: catchUp.window, graceMs: catchUp.grace }) }
      : { policy: 'last' },
    ...(stopOnError ? { stopOnError } : {}),
    ...(coolDown ? { coolDown: { failures: coolDown.failures, periodMs: coolDown.period } } : {}),
    ...defined({ maxOccurrences, description }),
  }
}

/** The documents of a series, by name. */
const documentsOf = ({ task: { input, onFailure } }: SeriesRow): readonly string[] =>
  [input, onFailure?.input].flatMap((payload: Payload | undefined) =>
    payload && 'document' in payload ? [payload.document] : [],
  )

/** A document that the series no longer names is kept for a while: the relay may still have to create a task from it. */
export const retireDocuments = async (
  world: Call['world'],
  before: SeriesRow,
  after: SeriesRow | undefined,
  forgetAt: number,
): Promise<void> => {
  const { tenant, id } = before
  const named = after ? documentsOf(after) : []
  for (const name of documentsOf(before)) {
    if (named.includes(name)) continue
    const text = await world.store.getDocument(tenant, documentOwner(id), name)
    if (text !== undefined) await world.store.putDocument(tenant, documentOwner(id), name, text, forgetAt)
  }
}

const scheduleIn = ({ recurrence, timeZone, daylightSaving, mode, startAt, endAt, exclude, jitter, spread }: SeriesRequest) => ({
  recurrence,
  timeZone,
  daylightSaving,
  mode,
  startAt,
  endAt,
  exclude,
  jitter,
  spread,
})
