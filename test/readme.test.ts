import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../api/routes.ts'

/** What the README shows is what happens: its snippets are run as they stand there. */

const run = promisify(execFile)
const readme = readFileSync('README.md', 'utf8')
const snippets = (fence: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${fence}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, code]) => code ?? '')

let folder: string
beforeAll(() => {
  // Inside the repository, so that `carillon` is found by its own name.
  mkdirSync('.carillon', { recursive: true })
  folder = mkdtempSync(join('.carillon', 'readme-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the code of the README', () => {
  const codes = snippets('ts run')
  test('is there', () => expect(codes.length).toBeGreaterThan(1))

  test.each(codes.map((code, index) => [index, code] as const))('runs: snippet %i', async (index, code) => {
    const file = join(folder, `snippet${index}.ts`)
    writeFileSync(file, code)
    await run(process.execPath, [file])
  })

  test('fits its types', async () => {
    codes.forEach((code, index) => {
      writeFileSync(join(folder, `snippet${index}.ts`), code)
    })
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] }),
    )
    await run('node_modules/.bin/tsc', ['--noEmit', '-p', folder])
  })
})

test.each(routes.map(({ method, path }) => [method, path] as const))('the README knows the call %s %s', (_, path) => {
  const [, section = ''] = readme.split('\n## The API\n')
  const last = path.split('/').findLast((part) => !part.startsWith('{'))
  expect(section.split('\n## ')[0]).toContain(`/${last}`)
})

test('the commands of the README do what they say, one after the other, on a new server', async () => {
  const data = join(folder, 'data')
  const server = spawn(process.execPath, ['worlds/local/main.ts'], {
    env: { ...process.env, PORT: '0', CARILLON_DATA: data },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const port = await portOf(server.stdout)
    const answers: string[] = []
    for (const command of snippets('bash try')) {
      const { stdout } = await run('bash', ['-c', command.replaceAll('localhost:8080', `localhost:${port}`)])
      answers.push(stdout)
    }
    const [created, listed, later] = answers.map((text) => JSON.parse(text))
    expect(created).toMatchObject({ type: 'http', state: 'scheduled' })
    expect(listed.items).toMatchObject([{ id: created.id }])
    expect(later).toMatchObject({ state: 'pending', tags: ['month-end'] })
    expect(await finished(port, created.id)).toMatchObject({ state: 'succeeded', output: { status: 200 } })
  } finally {
    server.kill('SIGTERM')
    await once(server, 'exit')
  }
})

const portOf = async (output: NodeJS.ReadableStream): Promise<string> => {
  for await (const line of createInterface({ input: output })) {
    const port = /localhost:(\d+)/.exec(line)?.[1]
    if (port) return port
  }
  throw new Error('the server ended before it said where it listens')
}

/** Asks for a task until it is finished. */
const finished = async (port: string, id: string): Promise<unknown> => {
  for (;;) {
    const task = (await (await fetch(`http://localhost:${port}/v1/tasks/${id}`)).json()) as { state: string }
    if (task.state === 'succeeded' || task.state === 'failed') return task
  }
}
