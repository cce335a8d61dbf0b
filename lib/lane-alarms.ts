import { CONTROL_LANE, type Lane } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import { type Definition, failing, seconds, throttled } from './alarm.ts'
import type { LaneQueueSet } from './lanes.ts'
import { carillonMetric, oldestMessageAge } from './metrics.ts'
import type { QueueConsumer } from './queue-consumer.ts'

/** The lanes, and the function of each in the order of `lanes.allLanes`. */
type LaneAlarmsProps = {
  readonly environmentId: string
  readonly lanes: LaneQueueSet
  readonly executors: readonly QueueConsumer[]
}

/** The alarms of each lane, the control lane included. Only lanes of tasks have start times. */
export const laneAlarms = ({ environmentId, lanes, executors }: LaneAlarmsProps): Record<string, Definition> =>
  Object.fromEntries([
    ...lanes.taskLanes.map(({ lane }) => [
      `Lateness-${lane.name}`,
      {
        metric: carillonMetric(environmentId, 'StartLateness', 'p99', lane.name),
        threshold: LIMITS.latenessAlarmMs,
        evaluationPeriods: 3,
        alarmDescription: `Tasks of lane ${lane.name} start late (p99 of StartLateness above ${seconds(LIMITS.latenessAlarmMs)} for 15 minutes). First raise the maxConcurrency of the lane, or move slow task types to another lane.`,
      },
    ]),
    ...lanes.allLanes.flatMap(({ lane, queue }, at) => {
      const executor = executors[at]?.function
      if (!executor) throw new Error(`lane ${lane.name} has no function`)
      return [
        [
          `Backlog-${lane.name}`,
          {
            metric: oldestMessageAge(queue),
            threshold: backlogMs(lane) / 1_000,
            evaluationPeriods: 3,
            alarmDescription: `${backlogEffect(lane)} (ApproximateAgeOfOldestMessage above ${seconds(backlogMs(lane))} for 15 minutes). First read the log of the lane's function: it fails, it does not run, or it is too slow.`,
          },
        ],
        [
          `Errors-${lane.name}`,
          failing(executor, `The function of lane ${lane.name} failed`, 'Its tasks count a lost worker and run again.'),
        ],
        [`Throttles-${lane.name}`, throttled(executor, `that of lane ${lane.name}`, backlogEffect(lane))],
      ]
    }),
  ])

/**
 * A message ages from when it is sent, so a healthy one reaches the longest delay and then the longest run. SQS leaves a message
 * out that was received three times or more, so one message that is never processed does not ring here.
 */
const backlogMs = ({ visibilityMs }: Lane): number => LIMITS.queueDelayMs + visibilityMs

const backlogEffect = ({ name }: Lane): string =>
  name === CONTROL_LANE.name
    ? 'Gates admit no tasks and bulk operations do not continue'
    : `Messages of lane ${name} are not processed in time`
