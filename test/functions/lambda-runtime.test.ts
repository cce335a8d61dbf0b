import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { CARELESS } from '../worlds/node/careless.ts'

test('in a runtime whose listeners end the process, a stray error fails its own attempt; only an error of no attempt reaches them', () => {
  const { stdout, status } = spawnSync(process.execPath, ['test/functions/lambda-runtime.ts'], {
    encoding: 'utf8',
    env: { ...process.env, POWERTOOLS_LOG_LEVEL: 'SILENT' },
  })
  const lines = stdout.split('\n')
  const results = lines.filter((line) => line.startsWith('RESULT ')).map((line) => JSON.parse(line.slice('RESULT '.length)))
  expect(results).toEqual(
    Object.entries(CARELESS).map(([name, { message }]) => ({
      name,
      error: expect.objectContaining({ message: expect.stringContaining(message) }),
      neighbour: 'succeeded',
      batchItemFailures: [],
    })),
  )
  expect(lines.filter((line) => /^(Uncaught|Unhandled)/.test(line))).toEqual(['Uncaught Exception: of no attempt'])
  expect(status).toBe(129)
})
