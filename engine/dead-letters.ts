import { wakeupsOf } from '../core/consequences.ts'
import { LIMITS } from '../core/limits.ts'
import { decodeNudge, encodeNudge, type Nudge, timerName } from '../core/row/nudge.ts'
import { messageOf } from '../core/thrown.ts'
import type { App } from './app.ts'
import { describeDeadLetter } from './execute/recovery.ts'
import { engineKindOf } from './kinds.ts'
import type { Change, DeadLetter, Delivery } from './message.ts'
import type { Needs } from './needs.ts'
import { publish } from './publish.ts'
import { type QuarantineApp, quarantine } from './quarantine.ts'
import { relay, wake } from './relay.ts'

/**
 * Handles a message that ended on a dead-letter queue: message → nudge → `onDeadLetter` of the row's kind
 * (`engine/kinds.ts`). An unreadable message, or one that names no kind of row, is quarantined. No message is dropped
 * without a trace.
 */
export const handleDeadLetter = async (
  world: Needs<'dead-letters'>,
  app: QuarantineApp,
  deadLetter: DeadLetter,
): Promise<Delivery> => {
  const nudge = decodeNudge(deadLetter.body)
  const kind = nudge && engineKindOf(nudge.kind)
  if (!nudge || !kind) {
    await quarantine(world, app, deadLetter, 'system:dead-letters')
    return { delivery: 'acknowledge' }
  }
  world.meter.add('DeadLetters', 1, { lane: nudge.lane })
  return (kind.onDeadLetter ?? sendAgain)(world, app, nudge, deadLetter)
}

/** The default: the nudge is sent again later. A superfluous nudge does no harm, because its epoch is checked. */
const sendAgain = async (
  world: Needs<'dead-letters'>,
  _: Pick<App, 'retentionMs'>,
  nudge: Nudge,
  deadLetter: DeadLetter,
): Promise<Delivery> => {
  const { kind, tenant, id } = nudge
  const dueAt = Math.max(nudge.dueAt, world.clock.now() + LIMITS.redeliveryWaitMs)
  await wake(world, { kind: 'arm', name: timerName(nudge), nudge: { ...nudge, dueAt } })
  const detail = describeDeadLetter(deadLetter)
  world.log.error('deadLetter.sentAgain', { source: deadLetter.source, tenant, [`${kind}Id`]: id, dueAt, detail })
  return { delivery: 'acknowledge' }
}

/**
 * The dead letter of a change that could not be relayed. It replaces the message that was never sent: the row is woken
 * later, and a task fails after too many redeliveries (its lane may have left the deployment). Undefined when the row has
 * no wake-up: then the change itself must be relayed again.
 */
export const deadLetterOfChange = ({ after }: Change, tries: number, error: unknown): DeadLetter | undefined => {
  const nudge = after && wakeupsOf(after).flatMap((effect) => ('nudge' in effect ? [effect.nudge] : []))[0]
  if (!nudge) return undefined
  return {
    id: `relay-${after.id}-${after.version}`,
    body: encodeNudge(nudge),
    receiveCount: tries,
    source: 'relay',
    reason: messageOf(error),
  }
}

/** The stream consumer whose batch ended on a dead-letter queue. */
export type BatchSource = 'relay' | 'publish'

/**
 * Handles the changes of a batch that its stream consumer could not process: each is relayed or published once more. A
 * change that cannot be relayed becomes a dead letter of its row.
 *
 * @throws the first fault of a change that has no dead letter; the batch then becomes visible again
 */
export const replayBatch = async (
  world: Needs<'dead-letters'>,
  app: QuarantineApp,
  source: BatchSource,
  changes: readonly Change[],
): Promise<void> => {
  for (const change of changes) {
    if (source === 'publish') await publish(world, change)
    else await relayAgain(world, app, change)
  }
  world.meter.add('DeadLetters', 1, {})
}

const relayAgain = async (world: Needs<'dead-letters'>, app: QuarantineApp, change: Change): Promise<void> => {
  try {
    await relay(world, change, app)
  } catch (error) {
    const deadLetter = deadLetterOfChange(change, LIMITS.relayTriesCount, error)
    if (!deadLetter || (await handleDeadLetter(world, app, deadLetter)).delivery === 'return') throw error
  }
}
