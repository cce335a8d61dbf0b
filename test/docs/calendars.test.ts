import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { applyDateFormula, readDateFormula } from '../../core/recurrence/date-formula.ts'
import { isRefusal } from '../../core/refusal.ts'
import { scene } from '../api/scene.ts'

const FENCE = /^```json (request|answer)(?: (\d{3}))?(?: ([A-Z]+) (\S+))?\n([\s\S]*?)^```$/gm

test('the answers are those of docs/calendars.md, in its order', async () => {
  const { request } = scene()
  const blocks = [...readFileSync('docs/calendars.md', 'utf8').matchAll(FENCE)]
  expect(blocks.length).toBe(6)
  let answer: Awaited<ReturnType<typeof request>> | undefined
  for (const [, kind, status, method = '', path = '', text = ''] of blocks) {
    if (kind === 'request') answer = await request(method, path, { body: JSON.parse(text) })
    else expect(answer).toMatchObject({ status: Number(status), body: JSON.parse(text) })
  }
})

test('the dates in docs/business-central.md are those that the formulas give', () => {
  const rows = [...readFileSync('docs/business-central.md', 'utf8').matchAll(/^\| `(\S+)` \| ([^|]*\d{4}) \| ([^|]*\d{4}) \|$/gm)]
  expect(rows.length).toBe(5)
  const day = (text: string) => Date.parse(`${text.replace(/^\w+, /, '')} UTC`)
  for (const [, formula = '', of = '', is = ''] of rows) {
    const read = readDateFormula(formula)
    expect(isRefusal(read) ? read.message : applyDateFormula(read.terms, day(of)), formula).toBe(day(is))
  }
})
