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

/** The environment that the timers need. */
export type SchedulerEnv = Pick<Env, 'scheduleGroup' | 'timerRoleArn' | 'timerDeadLetterArn' | 'queues'>

/**
 * Timers on EventBridge Scheduler: one schedule for each, in Carillon's own group, deleted by Scheduler after it has fired.
 * Scheduler sends the nudge to the queue of its lane. A nudge that it cannot deliver for a day goes to the timers'
 * dead-letter queue.
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
            // No SqsParameters: their message group is documented for FIFO queues only, and if Scheduler refused it, no far task
            // would have a timer. The group is not needed either: a timer is early, and the executor sends its nudge again in
            // the tenant's group.
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
      // The schedule exists already. Its name has the row and the epoch, so it is the same timer.
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
        // Scheduler refuses a delete shortly after the create, until the create is complete.
        if (!(error instanceof ConflictException) || tries >= LIMITS.timerDisarmCount) throw error
        await sleep(LIMITS.storeRetryMs * 2 ** (tries - 1))
      }
    }
  },
})

/** Scheduler has whole seconds. Rounded up, because a timer may be late but never early. */
const atExpression = (at: Instant): string => `at(${iso(Math.ceil(at / 1_000) * 1_000).slice(0, 19)})`

const NAME = new RegExp(`^[0-9a-zA-Z_.-]{1,${LIMITS.timerNameCount}}$`)

/** An invalid name is a defect in Carillon that no retry can repair, so it is refused before the call to AWS. */
const assertName = (name: string): void => {
  if (!NAME.test(name))
    throw new TypeError(
      `timer name ${JSON.stringify(name)} must be 1 to ${LIMITS.timerNameCount} letters, digits, dashes, underscores and dots`,
    )
}
