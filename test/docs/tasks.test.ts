import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../../core/define.ts'
import { REASON_CODES } from '../../core/task/explain/reason.ts'
import { ALICE, type ApiResponse, scene } from '../api/scene.ts'
import { engineWorld } from '../engine/world.ts'

/** The requests of docs/tasks.md, each with the answer that the page shows. */

const FENCE = /^```json (request|answer)(?: (\d{3}))?(?: ([A-Z]+) (\S+))?\n([\s\S]*?)^```$/gm
const blocks = [...readFileSync('docs/tasks.md', 'utf8').matchAll(FENCE)].map(([, kind, status, method, path, text]) => ({
  kind,
  status: Number(status),
  method: method ?? 'POST',
  path: path ?? '/v1/tasks',
  json: text ? JSON.parse(text) : undefined,
}))
const pairs = blocks.flatMap((block, index) => (block.kind === 'request' ? [[block, blocks[index + 1]] as const] : []))

const input = z.looseObject({})
const types = ['copy', 'index'].map((name) => defineTask(name, { input, run: () => {} }))

describe('the answers are those of docs/tasks.md', () => {
  const answers: ApiResponse[] = []
  beforeAll(async () => {
    const { request } = scene(engineWorld(), types)
    const caller = { ...ALICE, scopes: ['carillon/admin'] } as const
    for (const [{ method, path, json: body }] of pairs) {
      const last = answers.findLast(({ status }) => status === 201)?.body.id
      answers.push(await request(method, path.replace('{last}', last), { caller, body }))
    }
  })

  test('each request has an answer', () => {
    expect(pairs.length).toBeGreaterThan(5)
    expect(blocks.map(({ kind }) => kind)).toEqual(pairs.flatMap(() => ['request', 'answer']))
  })

  test.each(pairs.map(([request, answer], index) => [index, request, answer] as const))('request %i', (index, _, answer) => {
    expect(answers[index]?.status).toBe(answer?.status)
    expect(answers[index]?.body).toMatchObject(answer?.json)
  })
})

test('the page lists every reason of an explanation', () => {
  const page = readFileSync('docs/tasks.md', 'utf8')
  const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code)
  expect(REASON_CODES.filter((code) => !listed.includes(code))).toEqual([])
})
