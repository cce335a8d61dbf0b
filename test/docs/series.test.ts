import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { scene } from '../api/scene.ts'

/** The requests of docs/series.md, each with the answer that the page shows. */

const FENCE = /^```json (request|answer)(?: (\d{3}))?(?: ([A-Z]+) (\S+))?\n([\s\S]*?)^```$/gm
const blocks = [...readFileSync('docs/series.md', 'utf8').matchAll(FENCE)].map(([, kind, status, method, path, text]) => ({
  kind,
  status: Number(status),
  method: method ?? 'POST',
  path: path ?? '/v1/series',
  json: text ? JSON.parse(text) : undefined,
}))
const pairs = blocks.flatMap((block, index) => (block.kind === 'request' ? [[block, blocks[index + 1]] as const] : []))

describe('the answers are those of docs/series.md', () => {
  test('each request has an answer', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(5)
    expect(blocks.map(({ kind }) => kind)).toEqual(pairs.flatMap(() => ['request', 'answer']))
  })

  test.each(pairs.map(([request, answer], index) => [index, request, answer] as const))(
    'request %i',
    async (_, asked, answer) => {
      const { request } = scene()
      const { status, body } = await request(asked.method, asked.path, { body: asked.json })
      expect(body).toMatchObject(answer?.json)
      expect(status).toBe(answer?.status)
    },
  )
})
