import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../../core/define.ts'
import { type Answered, scene } from '../engine/api/scene.ts'
import { handWorld } from '../engine/world.ts'

/** The requests of docs/tasks.md, each with the answer that the page promises. */

const FENCE = /^```json (request|answer (\d{3}))\n([\s\S]*?)^```$/gm
const blocks = [...readFileSync('docs/tasks.md', 'utf8').matchAll(FENCE)].map(([, kind, status, text]) => ({
  kind: kind === 'request' ? 'request' : 'answer',
  status: Number(status),
  json: JSON.parse(text ?? ''),
}))
const pairs = blocks.flatMap((block, index) => (block.kind === 'request' ? [[block, blocks[index + 1]] as const] : []))

const input = z.looseObject({})
const types = ['copy', 'index'].map((name) => defineTask(name, { input, run: () => {} }))

describe('what docs/tasks.md shows is what happens', () => {
  const answers: Answered[] = []
  beforeAll(async () => {
    const { ask } = scene(handWorld(), types)
    for (const [request] of pairs) answers.push(await ask('POST', '/v1/tasks', { body: request.json }))
  })

  test('to each request there is an answer', () => {
    expect(pairs.length).toBeGreaterThan(5)
    expect(blocks.map(({ kind }) => kind)).toEqual(pairs.flatMap(() => ['request', 'answer']))
  })

  test.each(pairs.map(([request, answer], index) => [index, request, answer] as const))('request %i', (index, _, answer) => {
    expect(answers[index]?.status).toBe(answer?.status)
    expect(answers[index]?.body).toMatchObject(answer?.json)
  })
})
