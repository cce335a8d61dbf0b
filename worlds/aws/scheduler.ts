import { setTimeout as sleep } from 'node:timers/promises'
import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler'
import { type Instant, iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { encodeNudge } from '../../core/row/nudge.ts'
import type { Timers } from '../../engine/world.ts'
import { type Env, queueArn, queueOf } from './env.ts'

/** What the timers need to know of the deployment. */
export type SchedulerEnv = Pick<Env, 'scheduleGroup' | 'timerRoleArn' | 'timerDeadLetterArn' | 'queues'>

/**
 * Timers on EventBridge Scheduler: one schedule each, in Carillon's own group, gone by itself after it has fired. It puts
 * the nudge on the queue of its lane; what it cannot deliver for a day goes to the timers' dead-letter queue.
 */
export const schedulerTimers = (client: SchedulerClient, env: SchedulerEnv): Timers => ({
  arm: async ({ name, at, nudge }) => {
    assertName(name)
    try {
      await client.send(
        new CreateScheduleCommand({
          Name: name,
          GroupName: env.scheduleGroup,
          ScheduleExpression: atExpression(at),
          ScheduleExpressionTimezone: 'UTC',
          FlexibleTimeWindow: { Mode: 'OFF' },
          ActionAfterCompletion: 'DELETE',
          Target: {
            Arn: queueArn(queueOf(env.queues, nudge.lane), env.timerDeadLetterArn),
            RoleArn: env.timerRoleArn,
            // No SqsParameters: their group is documented for FIFO queues, and a refusal would cost every far task its timer.
            // Nor is it missed: a timer is always early, and the executor sends its nudge on in the tenant's group.
            Input: encodeNudge(nudge),
            DeadLetterConfig: { Arn: env.timerDeadLetterArn },
            RetryPolicy: {
              MaximumRetryAttempts: LIMITS.timerRetryCount,
              MaximumEventAgeInSeconds: LIMITS.timerEventAgeMs / 1_000,
            },
          },
        }),
      )
    } catch (error) {
      // There is such a schedule already. The name says which row and which epoch, so it is this one.
      if (!(error instanceof ConflictException)) throw error
    }
  },
  disarm: async (name) => {
    assertName(name)
    for (let tries = 1; ; tries++) {
      try {
        await client.send(new DeleteScheduleCommand({ Name: name, GroupName: env.scheduleGroup }))
        return
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return
        // A delete that follows its create closely is refused until the create has settled.
        if (!(error instanceof ConflictException) || tries >= LIMITS.timerDisarmCount) throw error
        await sleep(LIMITS.storeRetryMs * 2 ** (tries - 1))
      }
    }
  },
})

/** Scheduler takes whole seconds. Rounded up, because a timer may be late and never early. */
const atExpression = (at: Instant): string => `at(${iso(Math.ceil(at / 1_000) * 1_000).slice(0, 19)})`

const NAME = new RegExp(`^[0-9a-zA-Z_.-]{1,${LIMITS.timerNameCount}}$`)

/** A wrong name is a defect of ours: no later try could mend it, so it is said before AWS does. */
const assertName = (name: string): void => {
  if (!NAME.test(name))
    throw new TypeError(
      `timer name ${JSON.stringify(name)} must be 1 to ${LIMITS.timerNameCount} of 0-9, a-z, A-Z, dash, underscore and dot`,
    )
}
