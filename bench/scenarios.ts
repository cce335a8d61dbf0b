import { type Bench, openBench, percentile } from './local.ts'

/** One measured number, with its target. */
export type Measure = { readonly name: string; readonly value: number; readonly unit: string; readonly target?: string }

const THROUGHPUT_COUNT = 10_000
const SPREAD_COUNT = 2_000
const SPREAD_MS = 10_000
const HERD_COUNT = 5_000
const GATE_COUNT = 2_000

/** Creates 10,000 tasks as fast as possible and runs them on a durable file. */
const throughput = async (bench: Bench): Promise<readonly Measure[]> => {
  const start = performance.now()
  for (let first = 0; first < THROUGHPUT_COUNT; first += 100) {
    await Promise.all(Array.from({ length: 100 }, () => bench.add()))
  }
  const createdMs = performance.now() - start
  await bench.done(THROUGHPUT_COUNT)
  const allMs = performance.now() - start
  return [
    { name: 'create', value: Math.round((THROUGHPUT_COUNT / createdMs) * 1_000), unit: 'tasks/s' },
    { name: 'create → success', value: Math.round((THROUGHPUT_COUNT / allMs) * 1_000), unit: 'tasks/s', target: '≥ 3000' },
    { name: 'memory afterwards', value: Math.round(process.memoryUsage().rss / 2 ** 20), unit: 'MB', target: '< 200' },
  ]
}

/** 2,000 tasks with times spread evenly over ten seconds. */
const spread = async (bench: Bench): Promise<readonly Measure[]> => {
  const start = Date.now() + 2_000
  for (let index = 0; index < SPREAD_COUNT; index++) await bench.add(start + Math.floor((index * SPREAD_MS) / SPREAD_COUNT))
  await bench.done(SPREAD_COUNT)
  return [
    { name: 'lateness p50, 2,000 over 10 s', value: percentile(bench.lateness, 0.5), unit: 'ms' },
    { name: 'lateness p99, 2,000 over 10 s', value: percentile(bench.lateness, 0.99), unit: 'ms', target: '< 20' },
    { name: 'started early', value: bench.lateness.filter((ms) => ms < 0).length, unit: 'tasks', target: '0' },
  ]
}

/** 5,000 tasks of one time. */
const herd = async (bench: Bench): Promise<readonly Measure[]> => {
  const due = Date.now() + 6_000
  await Promise.all(Array.from({ length: HERD_COUNT }, () => bench.add(due)))
  if (Date.now() >= due) throw new Error('the herd was due before it was created; this machine is too slow for the scenario')
  await bench.done(HERD_COUNT)
  return [
    { name: 'herd of 5,000: all started after', value: percentile(bench.lateness, 1), unit: 'ms' },
    { name: 'herd of 5,000: all done after', value: Date.now() - due, unit: 'ms', target: '≤ 1000' },
    { name: 'herd: started early', value: bench.lateness.filter((ms) => ms < 0).length, unit: 'tasks', target: '0' },
  ]
}

/** 2,000 tasks at once at a gate with limit 10: the throughput of a waitlist. */
const gate = async (bench: Bench): Promise<readonly Measure[]> => {
  const start = performance.now()
  for (let first = 0; first < GATE_COUNT; first += 100) {
    await Promise.all(Array.from({ length: 100 }, () => bench.add(undefined, { key: 'bench', limit: 10 })))
  }
  await bench.done(GATE_COUNT)
  const ms = performance.now() - start
  return [{ name: 'behind a gate of ten: create → success', value: Math.round((GATE_COUNT / ms) * 1_000), unit: 'tasks/s' }]
}

export const scenarios: Readonly<Record<string, (bench: Bench) => Promise<readonly Measure[]>>> = {
  throughput,
  spread,
  herd,
  gate,
}

// Each scenario runs by name in its own process, so it does not inherit the memory of another one.
if (import.meta.main) {
  const scenario = scenarios[process.argv[2] ?? '']
  if (!scenario) throw new Error(`scenario ${process.argv[2]} must be one of ${Object.keys(scenarios).join(', ')}`)
  const bench = await openBench()
  const measures = await scenario(bench)
  await bench.end()
  process.stdout.write(`${JSON.stringify(measures)}\n`)
}
