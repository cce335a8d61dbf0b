import { LIMITS } from '../../core/limits.ts'
import { apply } from '../../engine/apply.ts'
import { handleDeadLetter } from '../../engine/dead-letters.ts'
import { sweep } from '../../engine/sweep/sweep.ts'
import { arm } from '../../engine/unarmed.ts'
import { appOf, type EngineWorld, engineWorld, given, keyOf, messageFor, rowOf } from '../engine/world.ts'
import type { Series } from './alarm-state.ts'
import { template } from './aws-metrics.ts'
import { type Emitted, emitted } from './emitted.ts'
import { theOne } from './synth.ts'

/** The default lanes. */
export const LANES = ['high', 'normal', 'low', 'long']

/** Carillon's own metrics, of the namespace that its functions have in the template. */
const namespace: string = theOne(template, 'AWS::Lambda::Function', /^CarillonExecutornormal/).Properties.Environment.Variables
  .POWERTOOLS_METRICS_NAMESPACE
const own = new Map<string, readonly Emitted[]>()
const emit = async (name: string, action: (world: EngineWorld) => Promise<unknown>) => {
  const world = engineWorld()
  own.set(name, await emitted(namespace, world, action))
}
/** What an action has emitted, repeated at these minutes. */
export const ownSeries = (name: string, at: readonly number[]): readonly Series[] =>
  (own.get(name) ?? []).map(({ values, ...metric }) => ({
    ...metric,
    points: at.flatMap((minute) => values.map((value) => ({ minute, value }))),
  }))

const startLate = (lateMs: number, lane: string) => async (world: EngineWorld) => {
  const row = await given(world, 't1', {
    policy: { type: 'greet', schema: 1, lane, timeoutMs: 1_000, retry: { policy: 'none' } },
  })
  const at = row.notBefore + lateMs
  await apply(world, keyOf('t1'), () => ({ name: 'claim', at, by: 'w', epoch: row.epoch, owner: 'w', leaseMs: 60_000 }))
}
const failed = async (world: EngineWorld, more: object) => {
  const row = await given(world, 't1', more)
  const error = { code: 'Wrong', message: 'wrong', retriable: false }
  await apply(world, keyOf('t1'), () => ({ name: 'fail', at: row.notBefore, by: 'w', error, retentionMs: 1_000 }))
}

/** Does, with the meter of the functions, what makes Carillon write the metrics of its alarms. */
export const emitAll = async (): Promise<void> => {
  for (const lane of LANES) {
    await emit(`late on ${lane}`, startLate(LIMITS.latenessAlarmMs + 1_000, lane))
    await emit(`prompt on ${lane}`, startLate(800, lane))
  }
  await emit('dead letter of a task', async (world) => {
    await given(world, 't1')
    await handleDeadLetter(world, appOf(), { ...messageFor(await rowOf(world, 't1')), source: 'lane:normal' })
  })
  await emit('unreadable message', (world) =>
    handleDeadLetter(world, appOf(), { id: 'm', body: 'x', receiveCount: 1, source: 'timers' }),
  )
  await emit('failure', (world) => failed(world, {}))
  await emit('failed failure task', (world) => failed(world, { failureOf: 't0' }))
  await emit('lost wake-up', async (world) => {
    await given(world, 't1')
    const later = { ...world, clock: { ...world.clock, now: () => world.now + LIMITS.sweepGraceMs + 1 } }
    await sweep(later, appOf())
  })
  await emit('refused timer', (world) => {
    const refusing = { ...world, timers: { ...world.timers, arm: () => Promise.reject(new Error('throttled')) } }
    const nudge = { kind: 'task', tenant: 'acme', id: 't1', epoch: 1, lane: 'normal', dueAt: world.now } as const
    return arm(refusing, { name: 't1-1', at: world.now, nudge })
  })
  await emit('sweep that is behind', async ({ meter }) => meter.add('SweepLag', LIMITS.sweepLagAlarmMs + 60_000, {}))
  await emit('sweep of a healthy deployment', async (world) => {
    await given(world, 't1')
    await sweep(world, appOf())
  })
}
