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
import { controlsNow } from '../../engine/controls.ts'
import { gateRequirements } from '../../engine/gate/acquire.ts'
import { waitlistOf } from '../../engine/gate/effects.ts'
import type { Needs } from '../../engine/needs.ts'
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
    const around = await explainContext(world, app, row)
    const now = world.clock.now()
    return { status: 200, body: explanationOf(row, now, explain(row, now, around)) }
  },
})

type Reader = Pick<Needs<'api'>, 'store'>

/** What an explanation has to know besides the row. It is looked up when somebody asks, and nothing is kept for it. */
export const explainContext = async (world: Reader, app: App, row: TaskRow): Promise<ExplainContext> => {
  const known = {
    environmentId: app.environmentId,
    knowsType: app.types.has(row.type),
    knowsLane: Object.hasOwn(app.lanes, row.lane),
  }
  if (isOpen(row.state)) return { ...known, gates: await gatesOn(world, app, row) }
  const id = failureTaskId(row)
  const handler =
    row.state === 'failed' && row.onFailure ? await world.store.get({ kind: 'task', tenant: row.tenant, id }) : undefined
  return { ...known, gates: [], ...(handler?.kind === 'task' ? { failureTask: handler } : {}) }
}

/** The gates on the way; and the one where the task waits, even if nothing sends a newcomer through that any more. */
const gatesOn = async ({ store }: Reader, app: App, row: TaskRow): Promise<readonly GateView[]> => {
  const uses = gateRequirements(app, row, await controlsNow({ store }, row.tenant))
  const { blocked } = row
  const isLeft = blocked !== undefined && uses.every(({ ref }) => ref !== blocked)
  const sights = uses.map((use) => gateView(store, row, use.ref, () => use))
  return Promise.all([...sights, ...(isLeft ? [gateView(store, row, blocked, requirementLeft(blocked))] : [])])
}

/** A gate that nobody speaks of any more goes on by what it was last told. */
const requirementLeft =
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
  useOf: (gate?: GateRow) => GateRequirement,
): Promise<GateView> => {
  const [gate, waitlist] = await Promise.all([
    store.get(gateKey(ref)) as Promise<GateRow | undefined>,
    row.blocked === ref ? waitlistView(store, row, ref) : undefined,
  ])
  return { requirement: useOf(gate), ...defined({ row: gate, waitlist }) }
}

/** The beginning of the line in which a task stands, and where it stands there. */
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
