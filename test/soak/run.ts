import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Accepted, callOf, createBulk, createTask, KIND_NAMES, type Task } from './load.ts'
import { doubleRuns, readMarks } from './marks.ts'

// `npm run soak -- [--minutes 30] [--kill 60] [--rate 4]`: the local server under mixed load, killed (`kill -9`) every so many
// seconds. Ends with an error when a task was lost or ran twice at once, or when memory or file grow.

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    kill: { type: 'string', default: '60' },
    rate: { type: 'string', default: '4' },
  },
})
const positive = (name: string, text: string): number => {
  if (Number(text) > 0) return Number(text)
  console.error(`--${name} is ${JSON.stringify(text)}; it must be a number above 0`)
  process.exit(2)
}
const runMs = positive('minutes', values.minutes) * 60_000
const killMs = positive('kill', values.kill) * 1_000
const everyMs = 1_000 / positive('rate', values.rate)

/** A task that has not ended this long after it should have is lost. */
const LOST_MS = 180_000
const BULK_EVERY_MS = 30_000
const SAMPLE_MS = 5_000
/** Finished tasks are forgotten after this time, so that the file can stop growing within the run. */
const RETENTION_MS = Math.min(180_000, runMs / 6)
/** A shorter run says nothing about growth: memory and file have not reached their level. */
const GROWTH_MIN_MS = 600_000
/** Memory or file of the last third, in proportion to the first third (memory) or the second third (file). */
const GROWTH_MOST = 1.3

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

const folder = mkdtempSync(join(tmpdir(), 'carillon-soak-'))
const port = await freePort()
const startedAt = Date.now()
const endsAt = startedAt + runMs

const start = async () => {
  const argv = ['--max-semi-space-size=8', 'test/soak/server.ts', folder, String(port), String(RETENTION_MS)]
  const env = { ...process.env, CARILLON_LOG: 'error' }
  const child = spawn(process.execPath, argv, { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), exit])
  if (!String(line).startsWith('http')) throw new Error(`the server did not start: ${line}`)
  child.stdout.resume()
  return { child, exit, at: Date.now() }
}

let server = await start()
let killCount = 0
const call = callOf(`http://127.0.0.1:${port}`)
const open: Accepted[] = []
const ended = new Map<string, number>()
const counts: Record<string, number> = {}
const samples: { readonly at: number; readonly rssMb: number; readonly fileMb: number }[] = []

const accept = (...tasks: readonly Accepted[]) => {
  for (const { kind } of tasks) counts[kind] = (counts[kind] ?? 0) + 1
  open.push(...tasks)
}

/** Repeats until the end of the run. An error ends the program. */
const untilEnd = async (everyMs: number, act: () => Promise<void> | void): Promise<void> => {
  while (Date.now() < endsAt) {
    const next = Date.now() + everyMs
    await act()
    await pause(Math.max(0, next - Date.now()))
  }
}

const create = async () => {
  let count = 0
  await untilEnd(everyMs, async () => {
    const kind = KIND_NAMES[count % KIND_NAMES.length] ?? ''
    accept(await createTask(call, kind, Math.floor(count / KIND_NAMES.length)))
    count++
  })
}

const createBulks = async () => {
  let count = 0
  await untilEnd(BULK_EVERY_MS, async () => accept(...(await createBulk(call, count++))))
}

const kill = () =>
  untilEnd(killMs, async () => {
    await pause(Math.min(killMs, Math.max(0, endsAt - Date.now())))
    server.child.kill('SIGKILL')
    await server.exit
    killCount++
    server = await start()
  })

const sample = () =>
  untilEnd(SAMPLE_MS, () => {
    // A process that has just started has not reached its level.
    if (Date.now() - server.at < killMs / 3) return
    const { stdout: rss, status } = spawnSync('ps', ['-o', 'rss=', '-p', String(server.child.pid)], { encoding: 'utf8' })
    if (status !== 0) return
    const files = readdirSync(folder).filter((name) => name.startsWith('carillon.db'))
    const bytes = files.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0)
    samples.push({ at: Date.now(), rssMb: Number(rss) / 1_024, fileMb: bytes / 2 ** 20 })
  })

/** Why a task is lost, with everything that is known about it. */
const storyOf = async (accepted: Accepted, why: string): Promise<string> => {
  const parts = ['', '/explain', '/attempts'].map((path) => call('GET', `/v1/tasks/${accepted.id}${path}`).catch(String))
  const told = (await Promise.all(parts)).map((part) => JSON.stringify(part, undefined, 2))
  const marks = readMarks(folder).filter(({ id }) => id === accepted.id)
  return [`${why}: ${JSON.stringify(accepted)}`, ...told, ...marks.map((each) => JSON.stringify(each))].join('\n')
}

/** Looks at every task in turn until it has ended as it should; throws the story of the first one that has not. */
const follow = async () => {
  while (Date.now() < endsAt || open.length > 0) {
    const due = open.splice(0).filter((each) => Date.now() >= each.from || !open.push(each))
    for (const accepted of due) {
      const task = (await call('GET', `/v1/tasks/${accepted.id}`)) as Task
      const command = accepted.commands[task.state]
      if (isEnded(accepted, task)) ended.set(task.id, Date.now())
      else if (FINAL.includes(task.state) && task.state !== accepted.state)
        throw new Error(await storyOf(accepted, `a task has ended as ${task.state}`))
      else if (Date.now() - accepted.from > LOST_MS) throw new Error(await storyOf(accepted, 'a task was lost'))
      else {
        if (command && Date.now() >= command.from) await call('POST', `/v1/tasks/${task.id}/${command.path}`, {})
        open.push(accepted)
      }
    }
    await pause(1_000)
  }
}

const FINAL = ['succeeded', 'failed', 'cancelled', 'conflicted', 'expired', 'skipped']
const isEnded = ({ state }: Accepted, task: Task): boolean =>
  task.state === state && (state !== 'failed' || task.failureTaskState === 'succeeded')

const mean = (of: 'rssMb' | 'fileMb', third: number): number => {
  const within = samples.filter(({ at }) => Math.min(2, Math.floor(((at - startedAt) * 3) / runMs)) === third)
  return within.reduce((sum, each) => sum + each[of], 0) / Math.max(1, within.length)
}

try {
  await Promise.all([create(), createBulks(), kill(), sample(), follow()])
  const faults = doubleRuns(readMarks(folder), ended)
  const thirds = [0, 1, 2].map((third) => ({ rssMb: mean('rssMb', third), fileMb: mean('fileMb', third) }))
  const [first, second, last] = thirds
  console.log(
    `${killCount} kills; tasks: ${Object.entries(counts)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')}`,
  )
  for (const [third, { rssMb, fileMb }] of thirds.entries())
    console.log(`third ${third + 1}: memory ${rssMb.toFixed(1)} MB, file ${fileMb.toFixed(1)} MB`)
  const isLong = runMs >= GROWTH_MIN_MS
  if (isLong && first && last && last.rssMb > first.rssMb * GROWTH_MOST) faults.push('the memory grows')
  if (isLong && second && last && last.fileMb > second.fileMb * GROWTH_MOST) faults.push('the file grows')
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
  else console.log(`${ended.size} tasks have ended as they should; none ran twice at once`)
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  server.child.kill('SIGKILL')
  await server.exit
  if (process.exitCode === undefined) rmSync(folder, { recursive: true })
  else if (existsSync(folder)) console.error(`the data and the marks are in ${folder}`)
}
process.exit()
