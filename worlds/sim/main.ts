import { parseArgs } from 'node:util'
import { FLOOD, FLOOD_BOUND_MS, type FloodResult, runFlood } from './flood.ts'
import { HERD, type HerdResult, herdOf, laneMsOf, runHerd } from './herd.ts'
import { simulate } from './simulate.ts'
import { add, EMPTY_SUMMARY, failureOf, textOf } from './summary.ts'
import { runSeeds } from './worker-pool.ts'

// `npm run simulate -- --seeds 1000 [--from 1] [--trace]`: runs that many seeds on all cores; --trace prints each event.
// `npm run simulate -- --flood`: one tenant with 100,000 tasks beside ten small ones, with fair queues and without.
// `npm run simulate -- --herd [--tasks 1000000]`: far tasks that are due at one time, with spread timers and without. Fewer
// tasks get fewer timers a second and a smaller lane, so the times are comparable.

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean' },
    flood: { type: 'boolean' },
    herd: { type: 'boolean' },
    tasks: { type: 'string', default: String(HERD.tasksCount) },
  },
})

const whole = (name: string, text: string): number => {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 1) return number
  console.error(`--${name} is ${JSON.stringify(text)}; it must be a whole number from 1`)
  process.exit(2)
}
const seconds = ({ startedCount, lastLateMs }: FloodResult['flood']): string =>
  `all ${startedCount} within ${lastLateMs / 1_000} s`
const textOfFlood = ({ flood, others }: FloodResult): string => `flood: ${seconds(flood)}; small tenants: ${seconds(others)}`

const textOfHerd = ({ startedCount, firstLateMs, lastLateMs }: HerdResult): string =>
  `all ${startedCount} started, the first ${firstLateMs / 1_000} s and the last ${lastLateMs / 1_000} s after their time`

const count = whole('seeds', values.seeds)
const from = whole('from', values.from)
const seeds = Array.from({ length: count }, (_, index) => from + index)

if (values.flood) {
  const fair = await runFlood(FLOOD)
  console.log(`with message groups:    ${textOfFlood(fair)}`)
  console.log(`without message groups: ${textOfFlood(await runFlood({ ...FLOOD, unfair: true }))}`)
  console.log(`bound for small tenants: ${FLOOD_BOUND_MS / 1_000} s`)
  if (fair.others.lastLateMs > FLOOD_BOUND_MS) process.exitCode = 1
} else if (values.herd) {
  const herd = herdOf(whole('tasks', values.tasks))
  const boundMs = laneMsOf(herd) + 1_000
  const spread = await runHerd(herd)
  console.log(`with spread timers:    ${textOfHerd(spread)}`)
  console.log(`without spread timers: ${textOfHerd(await runHerd({ ...herd, unspread: true }))}`)
  console.log(`bound, the speed of the lane: ${boundMs / 1_000} s`)
  if (spread.lastLateMs > boundMs) process.exitCode = 1
} else if (values.trace) {
  for (const seed of seeds) {
    const report = await simulate({ seed, onLine: console.log })
    console.log(failureOf(report) ?? `seed ${seed}: all laws kept; trace ${report.hash}`)
    if (failureOf(report)) process.exitCode = 1
  }
} else {
  const step = Math.max(1, Math.ceil(count / 10))
  let sum = EMPTY_SUMMARY
  await runSeeds(seeds, (result) => {
    const failedBefore = sum.failures.length
    sum = add(sum, result)
    for (const failure of sum.failures.slice(failedBefore)) console.error(`${failure}\n`)
    if (sum.seedCount % step === 0 && count > 1) console.log(`${sum.seedCount} of ${count} seeds`)
  })
  console.log(textOf(sum))
  if (sum.failures.length > 0) process.exitCode = 1
}
