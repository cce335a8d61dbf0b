import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../../core/define.ts'
import { testWorld } from '../../testing/index.ts'
import { deadLetteredTask } from '../api/dead-letter.ts'
import { scene } from '../api/scene.ts'

/** The requests of docs/operating.md, section by section, each with the answer that the page shows. */

type Pair = {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly status: number
  readonly answer: object
}

const FENCE = /^```json request (\S+) (\S+)\n([\s\S]*?)^```\n\n(?:[^`]*\n\n)?```json answer (\d{3})\n([\s\S]*?)^```$/gm
const page = readFileSync('docs/operating.md', 'utf8')

const pairsOf = (title: string): readonly Pair[] => {
  const [, section = ''] = page.split(`\n## ${title}\n`)
  return [...(section.split('\n## ')[0] ?? '').matchAll(FENCE)].map(([, method = '', path = '', body, status, answer = '']) => ({
    method,
    path,
    body: body ? JSON.parse(body) : undefined,
    status: Number(status),
    answer: JSON.parse(answer),
  }))
}

test('each request of the page has an answer', () => {
  const titles = ['Bulk operations', 'Dead letters', 'Audit']
  expect(titles.map((title) => pairsOf(title).length)).toEqual([4, 2, 2])
  expect(page.match(/^```json request /gm)).toHaveLength(8)
})

test.each(['Bulk operations', 'Audit'])('%s: the answers are those of the page', async (title) => {
  const types = [defineTask('invoice', { input: z.unknown(), run: () => {} })]
  await using world = await testWorld({ types })
  for (const month of ['march', 'march', 'march', 'april']) await world.create('invoice', {}, { delay: '1d', tags: [month] })
  const task = (await world.tasks())[0]?.id ?? ''
  let operation = ''
  for (const { method, path, body, status, answer } of pairsOf(title)) {
    const response = await world.request(method, path.replace('OPERATION', operation).replace('TASK', task), body)
    expect(response.status).toBe(status)
    expect(response.body).toMatchObject(answer)
    if (path === '/v1/operations') operation = (response.body as { readonly id: string }).id
    await world.advance('1m')
  }
})

test('Dead letters: the answers are those of the page', async () => {
  const api = scene()
  await deadLetteredTask(api)
  for (const { method, path, body, status, answer } of pairsOf('Dead letters')) {
    const given = await api.request(method, path, body === undefined ? {} : { body })
    expect(given.status).toBe(status)
    expect(given.body).toMatchObject(answer)
  }
})
