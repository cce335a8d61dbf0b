import type { Dimensions, Series } from './alarm-state.ts'
import { resourcesOf, templateOf } from './synth.ts'

/** The template whose alarms are tested. */
export const template = templateOf({ environmentId: 'staging' })
/** The logical id of a resource. */
export const idOf = (type: string, id: RegExp): string => Object.keys(resourcesOf(template, type, id))[0] ?? `no ${type} ${id}`
/** The minutes of a case. */
export const MINUTES = 60

/** One value at each minute of an hour, and of half an hour before. */
export const always = (valueAt: (minute: number) => number | undefined): Series['points'] =>
  Array.from({ length: MINUTES + 30 }, (_, at) => ({ minute: at - 29, value: valueAt(at - 29) })).filter(
    (point): point is { minute: number; value: number } => point.value !== undefined,
  )
export const once = (value: number) => always((minute) => (minute === 17 ? value : undefined))
export const zero = always(() => 0)

/** The metrics of AWS. Sources: the pages on metrics of Lambda, SQS, DynamoDB, API Gateway (HTTP APIs) and EventBridge Scheduler. */
export const aws =
  (namespace: string, dimensions: Dimensions) =>
  (name: string, points: Series['points']): Series => ({
    namespace,
    name,
    dimensions,
    points,
  })
export const functionMetric = (name: string) =>
  aws('AWS/Lambda', { FunctionName: { Ref: idOf('AWS::Lambda::Function', new RegExp(`^Carillon${name}Function[0-9A-F]{8}$`)) } })
export const queueMetric = (id: RegExp) =>
  aws('AWS/SQS', { QueueName: { 'Fn::GetAtt': [idOf('AWS::SQS::Queue', id), 'QueueName'] } })
export const laneMetric = (lane: string) => queueMetric(new RegExp(`^CarillonLanes${lane}Queue`))
const TABLE = { TableName: { Ref: idOf('AWS::DynamoDB::Table', /./) } }
export const tableMetric = aws('AWS/DynamoDB', TABLE)
export const indexMetric = (index: string) => aws('AWS/DynamoDB', { ...TABLE, GlobalSecondaryIndexName: index })
export const apiMetric = aws('AWS/ApiGateway', { ApiId: { Ref: idOf('AWS::ApiGatewayV2::Api', /./) } })
export const timerMetric = aws('AWS/Scheduler', {
  ScheduleGroup: { Ref: idOf('AWS::Scheduler::ScheduleGroup', /^CarillonTimers/) },
})
