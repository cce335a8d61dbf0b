import type { LookupAddress } from 'node:dns'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpTask } from '../../../handlers/http.ts'
import { attempt } from '../attempt.ts'
import { json, type Service, serve } from '../service.ts'

const LOOPBACK = { address: '127.0.0.1', family: 4 }
const PUBLIC = { address: '203.0.114.7', family: 4 }

/** A resolver that returns its answers in order, and then the last one each time. */
const answering = (...answers: LookupAddress[][]) => {
  const asked: string[] = []
  const resolve = async (host: string) => {
    asked.push(host)
    return answers[Math.min(asked.length, answers.length) - 1] ?? []
  }
  return { asked, resolve }
}

describe('the allowed targets of HTTP calls', () => {
  let service: Service
  beforeAll(async () => {
    service = await serve(({ path, headers }, response) =>
      path.startsWith('/to/')
        ? response.writeHead(302, { location: decodeURIComponent(path.slice(4)) }).end()
        : json(response, 200, { host: headers.host }),
    )
  })
  afterAll(() => service.close())

  it.each([
    'http://127.0.0.1',
    'http://2130706433',
    'http://0x7f.1',
    'http://017700000001',
    'http://127.1',
    'http://0',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
    'http://[::ffff:7f00:1]',
    'http://localhost',
    'http://LOCALHOST',
  ])('%s is refused, and nothing is sent', async (origin) => {
    const before = service.got.length
    const result = await attempt(httpTask({ allow: 'public' }), { url: `${origin}:${service.port}/` })
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'ForbiddenAddress', retriable: false } })
    expect(service.got).toHaveLength(before)
  })

  it('a URL with credentials is refused', async () => {
    const result = await attempt(httpTask({ allow: 'any' }), { url: 'http://user:pass@example.com/' })
    expect(result).toMatchObject({ error: { code: 'ForbiddenUrl', retriable: false } })
    expect(JSON.stringify(result)).not.toContain('pass@')
  })

  it('a host name is refused if one of its addresses is forbidden', async () => {
    const { resolve } = answering([PUBLIC, LOOPBACK])
    const result = await attempt(httpTask({ allow: 'public', resolve }), { url: `http://mixed.example:${service.port}/` })
    expect(result).toMatchObject({
      error: { code: 'ForbiddenAddress', message: expect.stringContaining('mixed.example: 127.0.0.1') },
    })
  })

  it('the connection uses the checked address: the name is looked up once', async () => {
    const { resolve, asked } = answering([LOOPBACK], [{ address: '127.0.0.2', family: 4 }])
    const url = `http://pinned.example:${service.port}/`
    const result = await attempt(httpTask({ allow: 'loopback', resolve }), { url })
    expect(result).toMatchObject({ outcome: 'succeeded', json: { body: { host: `pinned.example:${service.port}` } } })
    expect(asked).toEqual(['pinned.example'])
  })

  it('each call opens a new connection, because an open one can lead to an address that was checked with other rules', async () => {
    const otherAddress = [{ address: '127.0.0.2', family: 4 }] // no server listens here
    const { resolve } = answering([LOOPBACK], otherAddress)
    const http = httpTask({ allow: 'loopback', resolve })
    const url = `http://pooled.example:${service.port}/`
    expect(await attempt(http, { url })).toMatchObject({ outcome: 'succeeded' })
    expect(await attempt(http, { url })).toMatchObject({ error: { code: 'ConnectionFailed' } })
  })

  it('every hop of a redirect is checked again', async () => {
    const to = encodeURIComponent(`http://inner.example:${service.port}/secret`)
    const { resolve, asked } = answering([LOOPBACK], [{ address: '169.254.169.254', family: 4 }])
    const result = await attempt(httpTask({ allow: 'loopback', resolve }), {
      url: `http://outer.example:${service.port}/to/${to}`,
    })
    expect(result).toMatchObject({ error: { code: 'ForbiddenAddress', message: expect.stringContaining('inner.example') } })
    expect(asked).toEqual(['outer.example', 'inner.example'])
  })

  it('a redirect to a forbidden IP address is refused', async () => {
    const url = `${service.url}/to/${encodeURIComponent('http://169.254.169.254/latest/meta-data/')}`
    const result = await attempt(httpTask({ allow: 'loopback' }), { url })
    expect(result).toMatchObject({ error: { code: 'ForbiddenAddress', retriable: false } })
  })

  it('an unknown host name is retried', async () => {
    const resolve = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND gone.example'), { code: 'ENOTFOUND' })
    }
    const result = await attempt(httpTask({ allow: 'public', resolve }), { url: 'http://gone.example/' })
    expect(result).toMatchObject({ error: { code: 'ConnectionFailed', retriable: true } })
  })

  it('a host name without an address is retried', async () => {
    const result = await attempt(httpTask({ allow: 'public', resolve: async () => [] }), { url: 'http://empty.example/' })
    expect(result).toMatchObject({ error: { code: 'ConnectionFailed', message: expect.stringContaining('has no address') } })
  })
})
