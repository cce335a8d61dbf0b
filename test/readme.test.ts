import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** The README and the guide to getting started: each piece of code and each command is run as the page shows it. */

const run = promisify(execFile)

/** A page, whether its first piece of code is the module of task types that its server loads, and the output of its task. */
const PAGES = [
  { page: 'README.md', ownTypes: true, output: { sent: true } },
  { page: 'docs/getting-started.md', ownTypes: false, output: { status: 200 } },
] as const

const codesOf = (page: string): readonly string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^```ts run\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)

/** Each command with the answer below it; `part` means that the answer has more fields than the page shows. */
const callsOf = (page: string) =>
  [...readFileSync(page, 'utf8').matchAll(/^```bash try\n([\s\S]*?)^```\n\n```json answer( part)?\n([\s\S]*?)^```$/gm)].map(
    ([, command = '', part, answer = '']) => ({ command, isPart: part !== undefined, answer: JSON.parse(answer) }),
  )

let folder: string
beforeAll(() => {
  // Inside the repository, so that `carillon` is found by its own name.
  mkdirSync('.carillon', { recursive: true })
  folder = mkdtempSync(join('.carillon', 'readme-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const codes = PAGES.flatMap(({ page }) => codesOf(page).map((code, index) => [`${page}, snippet ${index}`, code] as const))

describe('the code', () => {
  test('is there', () => expect(codes.length).toBeGreaterThan(2))

  // Without bundling, which takes most of the time and has a test of its own.
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': [] }) }
  test.each(codes)('runs: %s', async (name, code) => {
    await run(process.execPath, [write(name, code)], { env })
  })

  test('fits its types', async () => {
    for (const [name, code] of codes) write(name, code)
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] }),
    )
    await run('node_modules/.bin/tsc', ['--noEmit', '-p', folder])
  })
})

const write = (name: string, code: string): string => {
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.ts`)
  writeFileSync(file, code)
  return file
}

test.each(PAGES)(
  'the commands of $page give the answers that it shows, one after the other, on a new server',
  async ({ page, ownTypes, output }) => {
    const calls = callsOf(page)
    expect(calls.length).toBe(readFileSync(page, 'utf8').match(/^```bash try$/gm)?.length)
    const handlers = ownTypes ? { CARILLON_HANDLERS: write(`${page}, types`, codesOf(page)[0] ?? '') } : {}
    const server = spawn(process.execPath, ['worlds/local/main.ts'], {
      env: { ...process.env, PORT: '0', CARILLON_DATA: join(folder, `data-${ownTypes}`), ...handlers },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const port = await portOf(server.stdout)
      for (const { command, isPart, answer } of calls) {
        const { stdout } = await run('bash', ['-c', command.replaceAll('localhost:8080', `localhost:${port}`)])
        const given = JSON.parse(stdout.replaceAll(`localhost:${port}`, 'localhost:8080'))
        if (isPart) expect(given).toMatchObject(answer)
        else expect(masked(given)).toEqual(masked(answer))
        if (given.state === 'scheduled') expect(await finished(port, given.id)).toMatchObject({ state: 'succeeded', output })
      }
    } finally {
      server.kill('SIGTERM')
      await once(server, 'exit')
    }
  },
)

test('the prices of the README are those of docs/cost.md', () => {
  const prices = readFileSync('README.md', 'utf8').match(/\$\d+\.\d\d/g) ?? []
  const cost = readFileSync('docs/cost.md', 'utf8')
  expect(prices.length).toBeGreaterThan(5)
  expect(prices.filter((price) => !cost.includes(` ${price} `))).toEqual([])
})

/** An answer without what differs from run to run: ids and times. */
const masked = (answer: unknown): unknown =>
  JSON.parse(
    JSON.stringify(answer)
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')
      .replaceAll(/"[0-9a-z]{26}"/g, '"ID"'),
  )

const portOf = async (output: NodeJS.ReadableStream): Promise<string> => {
  for await (const line of createInterface({ input: output })) {
    const port = /localhost:(\d+)/.exec(line)?.[1]
    if (port) return port
  }
  throw new Error('the server ended before it printed its address')
}

/** The task as soon as it is finished. */
const finished = async (port: string, id: string): Promise<unknown> => {
  for (;;) {
    const task = (await (await fetch(`http://localhost:${port}/v1/tasks/${id}`)).json()) as { state: string }
    if (task.state === 'succeeded' || task.state === 'failed') return task
  }
}
