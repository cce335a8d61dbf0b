import './env.ts'

import { expect, test, vi } from 'vitest'
import { log as onAws } from '../../functions/telemetry.ts'
import { recordingLog } from '../../testing/time.ts'
import { localLog } from '../../worlds/local/telemetry.ts'

const printed: string[] = []
for (const level of ['info', 'warn', 'error'] as const)
  vi.spyOn(console, level).mockImplementation((line: string) => void printed.push(line))

/** The fields that each log adds to those of the call. */
const OWN = ['time', 'level', 'message', 'timestamp', 'service', 'sampling_rate', 'xray_trace_id']

const circle: Record<string, unknown> = {}
circle.self = circle
const error = Object.assign(new Error('why', { cause: new Error('deeper') }), { code: 'E1' })

test.each<readonly [string, Readonly<Record<string, unknown>>]>([
  ['plain fields', { a: 1, b: ['x', null], c: { d: true } }],
  ['an error', { error, other: error }],
  ['a circle', { res: circle }],
  ['a bigint, a map and a set', { a: 1n, b: new Map([['x', 1]]), c: new Set([1]) }],
  ['reserved names', { level: 'x', message: 'y', service: 'z', timestamp: 1, time: 2 }],
  ['empty fields', { a: null, b: undefined, c: '' }],
  [
    'a toJSON that throws',
    {
      a: {
        toJSON: () => {
          throw error
        },
      },
    },
  ],
  [
    'a getter that throws',
    {
      get a() {
        throw error
      },
    },
  ],
  ['a long text', { a: 'x'.repeat(100_000) }],
])('the local log, the test kit and Powertools write the same line for %s', (_, fields) => {
  const lines: string[] = []
  localLog({ level: 'info', pretty: false, write: (line) => void lines.push(line) }).warn('said', fields)
  const kit = recordingLog(() => 0)
  kit.warn('said', fields)
  printed.length = 0
  onAws.warn('said', fields)
  const without = (line: string | undefined) =>
    Object.fromEntries(Object.entries(JSON.parse(line ?? '{}') as object).filter(([name]) => !OWN.includes(name)))
  expect(printed).toHaveLength(1)
  expect(without(printed[0])).toEqual(kit.lines[0]?.fields)
  expect(without(lines[0])).toEqual(kit.lines[0]?.fields)
  expect(kit.lines[0]).toMatchObject({ level: 'warn', message: 'said' })
})
