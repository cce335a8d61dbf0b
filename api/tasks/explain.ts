import { defined } from '../../core/defined.ts'
import type { GateRequirement } from '../../core/gate/requirements.ts'
import { type GateRef, type GateRow, gateKey, taskAtPlace } from '../../core/gate/row.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal } from '../../core/refusal.ts'
import { explain } from '../../core/task/explain/explain.ts'
import type { ExplainContext, GateView, WaitlistView } from '../../core/task/explain/reason.ts'
import { waitlistPlaceOf } from '../../core/task/gating.ts'
import { failureTaskId, isOpen, type TaskRow } from '../../core/task/row.ts'
import type { App } from '../../engine/app.ts'
import { gateRequirements } from '../../engine/gate/acquire.ts'
import { waitlistOf } from '../../engine/gate/effects.ts'
import type { Needs } from '../../engine/needs.ts'
import { controlsNow } from '../../engine/tenant.ts'
import { endpoint } from '../http/endpoint.ts'
import { explanationOf, explanationView } from '../schemas/explanation.ts'
import { loadTask } from './get.ts'

/** `GET /v1/tasks/{id}/explain` */
export const explainTask = endpoint({
  answers: { 200: explanationView },
  run: async (call) => {
    const row = await loadTask(call)
    if (isRefusal(row)) return row
    const { world, app } = call
    const context = await explainContext(world, app, row)
    const now = world.clock.now()
    return { status: 200, body: explanationOf(row, now, explain(row, now, context)) }
  },
})

type Reader = Pick<Needs<'api'>, 'store'>

/** The context of an explanation besides the row. It is read on request; nothing is stored for it. */
export const explainContext = async (world: Reader, app: App, row: TaskRow): Promise<ExplainContext> => {
  const base = {
    environmentId: app.environmentId,
    isTypeRegistered: app.types.has(row.type),
    isLaneDeployed: Object.hasOwn(app.lanes, row.lane),
  }
  if (isOpen(row.state)) return { ...base, gates: await gateViews(world, app, row) }
  const id = failureTaskId(row)
  const handler =
    row.state === 'failed' && row.onFailure ? await world.store.get({ kind: 'task', tenant: row.tenant, id }) : undefined
  return { ...base, gates: [], ...(handler?.kind === 'task' ? { failureTask: handler } : {}) }
}

/** The gates that the task requires, and the gate at which it waits, even if tasks no longer require that gate. */
const gateViews = async ({ store }: Reader, app: App, row: TaskRow): Promise<readonly GateView[]> => {
  const requirements = gateRequirements(app, row, await controlsNow({ store }, row.tenant))
  const { blocked } = row
  const isRemoved = blocked !== undefined && requirements.every(({ ref }) => ref !== blocked)
  const views = requirements.map((requirement) => gateView(store, row, requirement.ref, () => requirement))
  return Promise.all([...views, ...(isRemoved ? [gateView(store, row, blocked, removedRequirement(blocked))] : [])])
}

/** A gate that no type or task requires any more continues with its last limits. */
const removedRequirement =
  (ref: GateRef) =>
  (gate?: GateRow): GateRequirement => ({
    ref,
    limits: gate?.limits ?? {},
    ...(gate?.control ? { control: gate.control } : {}),
    revision: 0,
    onBusy: 'wait',
  })

const gateView = async (
  store: Reader['store'],
  row: TaskRow,
  ref: GateRef,
  requirementOf: (gate?: GateRow) => GateRequirement,
): Promise<GateView> => {
  const [gate, waitlist] = await Promise.all([
    store.get(gateKey(ref)),
    row.blocked === ref ? waitlistView(store, row, ref) : undefined,
  ])
  return { requirement: requirementOf(gate), ...defined({ row: gate, waitlist }) }
}

/** The start of the waitlist in which a task waits, and its position there. */
const waitlistView = async (store: Reader['store'], row: TaskRow, gate: GateRef): Promise<WaitlistView> => {
  const places = (await store.entries(waitlistOf(gate), { limit: LIMITS.gateShownCount + 1 })).map(({ at }) => at)
  const shown = places.slice(0, LIMITS.gateShownCount)
  const index = shown.indexOf(waitlistPlaceOf(row) ?? '')
  return {
    before: shown.slice(0, index < 0 ? shown.length : index).map(taskAtPlace),
    ...(index < 0 ? {} : { position: index + 1 }),
    waitingCount: shown.length,
    isLonger: places.length > shown.length,
  }
}
