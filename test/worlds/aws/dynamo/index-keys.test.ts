import { describe, expect, it } from 'vitest'
import type { Row } from '../../../../core/kinds.ts'
import { LIMITS } from '../../../../core/limits.ts'
import type { TaskRow } from '../../../../core/task/row.ts'
import {
  agendaPartitions,
  attentionPartitions,
  bound,
  cursorText,
  indexKeys,
  placeIn,
  placeText,
  tenantPartitions,
  watchIn,
  watchPartitions,
  watchText,
} from '../../../../worlds/aws/dynamo/index-keys.ts'
import { aGate } from '../../../contract/rows.ts'
import { claim, create, fail, ID, NOW, rowAfter, succeed, tenant } from '../rows.ts'

const HOUR = 3_600_000
const near = rowAfter(create())
const far = rowAfter(create({ notBefore: NOW + HOUR }))

describe('the index keys', () => {
  it('of a near task are only those of the agenda', () => {
    expect(indexKeys(near)).toEqual({ agenda: expect.stringMatching(/^contoso#\d+$/), agendaAt: `000${NOW}#${ID}` })
  })

  it('of a near task do not change until it succeeds, so no index is written twice', () => {
    expect(indexKeys(rowAfter(create(), claim))).toEqual(indexKeys(near))
    expect(indexKeys(rowAfter(create(), claim, succeed))).toEqual(indexKeys(near))
  })

  it('of a far task include the watch index until it is claimed', () => {
    expect(indexKeys(far)).toMatchObject({
      watch: expect.stringMatching(/^wake#\d+$/),
      watchAt: `000${NOW + HOUR}#contoso#${ID}#task`,
    })
    expect(
      indexKeys(rowAfter(create({ notBefore: NOW + HOUR }), { ...claim, at: NOW + HOUR } as typeof claim)),
    ).not.toHaveProperty('watch')
  })

  it('of a failed task include the attention index, by reason and nominal time', () => {
    expect(indexKeys(rowAfter(create(), claim, fail))).toMatchObject({
      attention: expect.stringMatching(/^contoso#failed#[0-7]$/),
      attentionAt: `000${NOW}#${ID}`,
    })
  })

  it('of a gate are those of the watch index while it has a wake-up', () => {
    expect(indexKeys(aGate('contoso', 'erp', { dueAt: NOW }))).toEqual({
      watch: expect.stringMatching(/^wake#\d+$/),
      watchAt: `000${NOW}#contoso#erp#gate`,
    })
    expect(indexKeys(aGate('contoso', 'erp'))).toEqual({})
  })

  it('of a tenant that the sweep visits are its name in the watch index', () => {
    expect(indexKeys(tenant)).toEqual({})
    const { watch, watchAt } = indexKeys({ ...tenant, visitedUntil: NOW } as Row)
    expect(tenantPartitions()).toContain(watch)
    expect(watchAt).toBe('contoso')
  })

  it('use every shard and no other', () => {
    const failed = rowAfter(create({ notBefore: NOW + HOUR }), { ...claim, at: NOW + HOUR } as typeof claim, fail)
    const used = (row: TaskRow, index: string) =>
      [...new Set(Array.from({ length: 1_000 }, (_, at) => indexKeys({ ...row, id: `id-${at}` })[index]))].sort()
    expect(used(far, 'agenda')).toEqual([...agendaPartitions('contoso')].sort())
    expect(used(far, 'watch')).toEqual([...watchPartitions()].sort())
    expect(used(failed, 'attention')).toEqual([...attentionPartitions('contoso', 'failed')].sort())
    expect(agendaPartitions('contoso')).toHaveLength(LIMITS.agendaShardsCount)
  })

  it.each([-1, NOW + 0.5, Number.NaN, 2 ** 53])('are refused for a row at %d, whose text would sort wrong', (at) => {
    expect(() => indexKeys({ ...near, notBefore: at })).toThrow(`instant ${at} cannot be an index key`)
    expect(() => indexKeys({ ...near, dueAt: at })).toThrow(`instant ${at} cannot be an index key`)
  })

  it('of a whole instant are within the bounds of any number', () => {
    const text = placeText({ at: NOW, id: ID })
    for (const from of [-5, 0, NOW - 0.5, NOW]) expect(bound(from) <= text, `from ${from}`).toBe(true)
    for (const to of [NOW + 0.5, NOW + 1, Number.POSITIVE_INFINITY]) expect(text < bound(to), `to ${to}`).toBe(true)
    for (const to of [-5, NOW - 0.5, NOW]) expect(text < bound(to), `to ${to}`).toBe(false)
    expect(cursorText({ at: NOW - 0.5, id: 'zzz' }) < text && text < cursorText({ at: NOW + 0.5, id: '0' })).toBe(true)
  })

  it('sort in the order of their instants, and are read back', () => {
    const times = [0, 9, 10, NOW, NOW + 1, 8_640_000_000_000_000]
    const texts = times.map((at) => placeText({ at, id: ID }))
    expect([...texts].sort()).toEqual(texts)
    expect(texts.map(placeIn)).toEqual(times.map((at) => ({ at, id: ID })))
    const place = { at: NOW, kind: 'gate', tenant: 'contoso', id: 'key.erp:eu' } as const
    expect(watchIn(watchText(place))).toEqual(place)
  })
})
