import './env.ts'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { flushMetrics, meter } from '../../functions/telemetry.ts'

type Emf = {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: unknown
      readonly Metrics: readonly { Name: string; Unit: string }[]
    }[]
  }
}

const lines: (Emf & Record<string, unknown>)[] = []
vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(JSON.parse(line)))
afterEach(() => lines.splice(0))

const flushed = () => {
  flushMetrics()
  return lines
}
const dimensions = () => flushed().map((line) => line._aws.CloudWatchMetrics[0]?.Dimensions)

describe('a metric', () => {
  test('with a lane and a type is published for both, for the lane, and for the deployment', () => {
    meter.add('Succeeded', 1, { lane: 'normal', type: 'http' })
    expect(dimensions()).toEqual([[[], ['lane'], ['lane', 'type']]])
  })

  test('with a lane is published for the lane and for the deployment', () => {
    meter.add('Superseded', 1, { lane: 'normal' })
    expect(dimensions()).toEqual([[[], ['lane']]])
  })

  test('without dimensions is published for the deployment', () => {
    meter.add('SweepRepairs', 3, {})
    expect(dimensions()).toEqual([[[]]])
  })

  test('has no other dimensions', () => {
    meter.add('Failed', 1, { lane: 'high', type: 'sqs' })
    const [{ _aws, ...rest } = { _aws: undefined }] = flushed()
    expect(rest).toEqual({ lane: 'high', type: 'sqs', Failed: 1 })
  })

  test('keeps every value of an invocation, for percentiles', () => {
    for (const value of [5, 7]) meter.add('StartLateness', value, { lane: 'normal', type: 'http' })
    expect(flushed()[0]?.StartLateness).toEqual([5, 7])
  })

  test('has the unit milliseconds for a time and count for others', () => {
    for (const name of ['StartLateness', 'Succeeded'] as const) meter.add(name, 1, { lane: 'normal', type: 'http' })
    expect(flushed()[0]?._aws.CloudWatchMetrics[0]?.Metrics).toEqual([
      { Name: 'StartLateness', Unit: 'Milliseconds' },
      { Name: 'Succeeded', Unit: 'Count' },
    ])
  })

  test('keeps its dimensions after the 100 values that one line can hold', () => {
    for (let count = 0; count < 150; count++) meter.add('Superseded', 1, { lane: 'low' })
    const all = dimensions()
    expect(all.length).toBeGreaterThan(1)
    expect(new Set(all.map((one) => JSON.stringify(one)))).toEqual(new Set(['[[],["lane"]]']))
  })

  test('is published once', () => {
    meter.add('Succeeded', 1, { lane: 'normal', type: 'http' })
    flushMetrics()
    expect(flushed()).toHaveLength(1)
  })
})
