import { describe, expect, test } from 'vitest'
import { readCrontab } from '../../../core/import/crontab.ts'
import { accepts } from './accepted.ts'

const FILE = String.raw`
# m h dom mon dow command
SHELL=/bin/bash
MAILTO=ops@example.com
PATH = "/usr/local/bin:/usr/bin"

0 9 * * 1-5   /usr/local/bin/report --month=$(date +\%m)
*/15 * * * *	poll
CRON_TZ=Europe/Berlin
RANDOM_DELAY=30
@daily backup
30 2 1 JAN sun mail boss%Dear boss,%all is well.
`

describe('a crontab', () => {
  const { series, notCarried } = readCrontab(FILE, { type: 'shell' })
  const environment = { SHELL: '/bin/bash', PATH: '/usr/local/bin:/usr/bin' }

  test('becomes series', () => {
    expect(series.map(({ body }) => body)).toEqual([
      {
        type: 'shell',
        input: { command: '/usr/local/bin/report --month=$(date +%m)', environment },
        recurrence: { cron: '0 9 * * 1-5' },
        timeZone: 'UTC',
      },
      { type: 'shell', input: { command: 'poll', environment }, recurrence: { cron: '*/15 * * * *' }, timeZone: 'UTC' },
      {
        type: 'shell',
        input: { command: 'backup', environment },
        recurrence: { cron: '0 0 * * *' },
        timeZone: 'Europe/Berlin',
        spread: '30m',
      },
      {
        type: 'shell',
        input: { command: 'mail boss', stdin: 'Dear boss,\nall is well.', environment },
        recurrence: { cron: '30 2 1 JAN sun' },
        timeZone: 'Europe/Berlin',
        spread: '30m',
      },
    ])
    accepts(series)
  })

  test('reports everything else with its line', () =>
    expect(notCarried).toEqual([{ at: 'line 4', value: 'MAILTO=ops@example.com', reason: expect.stringContaining('no mail') }]))

  test('of the system has users', () => {
    const system = readCrontab('17 * * * * root cd / && run-parts /etc/cron.hourly\n@weekly  ada  clean', {
      type: 'shell',
      form: 'system',
    })
    expect(system.series.map(({ body }) => body.input)).toEqual([
      { command: 'cd / && run-parts /etc/cron.hourly', user: 'root' },
      { command: 'clean', user: 'ada' },
    ])
  })

  test('has the zone of its machine', () =>
    expect(readCrontab('@daily x', { type: 'shell', timeZone: 'Asia/Kolkata' }).series[0]?.body.timeZone).toBe('Asia/Kolkata'))

  test('gives a line the same id when other lines change, and equal lines different ones', () => {
    const ids = (text: string) => readCrontab(text, { type: 'shell' }).series.map(({ id }) => id)
    const [first, second, third] = ids('0 1 * * * a\n0 1 * * * b\n0 1 * * * a')
    expect(ids('# new\n0 5 * * * c\n0 1 * * * b')[1]).toBe(second)
    expect(third).toBe(`${first}-2`)
    expect(first).toMatch(/^cron-[0-9a-f]{16}$/)
  })

  test.each([
    ['@reboot start', 'no start of a machine'],
    ['@fortnightly x', '@fortnightly is not known'],
    ['0 9 * *', 'five fields'],
    ['@daily', 'five fields or a nickname'],
    ['0 25 * * * x', '25'],
    ['0~30 9 * * * x', '0~30'],
    ['CRON_TZ=Mars/Olympus', 'stay in UTC'],
    ['RANDOM_DELAY=some', 'whole number'],
    ['-0 9 * * * x', 'leading dash'],
  ])('%s is reported: %s', (line, reason) => {
    const { notCarried } = readCrontab(`# first\n${line}`, { type: 'shell' })
    expect(notCarried).toMatchObject([{ at: 'line 2', value: line, reason: expect.stringContaining(reason) }])
  })

  test('with a leading dash keeps its times', () =>
    expect(readCrontab('-0 9 * * * x', { type: 'shell' }).series[0]?.body.recurrence).toEqual({ cron: '0 9 * * *' }))

  test('without lines has no series', () =>
    expect(readCrontab('\r\n# nothing\r\n', { type: 'shell' })).toEqual({ series: [], notCarried: [] }))
})
