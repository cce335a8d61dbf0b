import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type Program, run, start } from './programs.ts'
import { until } from './until.ts'

/** A running ministack: AWS for this test. */
export type Emulator = {
  readonly port: number
  readonly program: Program
  /** The certificate and its key, for another server on this machine. */
  readonly tls: { readonly cert: string; readonly key: string }
  /** What programs need to talk to it, and to nothing else. */
  readonly env: Readonly<Record<string, string>>
}

const REPO = join(import.meta.dirname, '../..')
const VENV = join(REPO, '.venv')
// cryptography is what ministack checks the signatures of JWTs with; without it every token is refused.
const PACKAGES = ['ministack==1.5.33', 'cryptography>=41']
// Written last, so that an installation that broke off is made again.
const MARK = join(VENV, `installed-${PACKAGES[0]}`)

/** The key pair of the emulator's root user. AWS's own variables are left out of `env`, so a real account is never touched. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }
export const REGION = 'us-east-1'

/** Installs ministack into `.venv`, unless it is there. */
export const installEmulator = async (logFile: string): Promise<void> => {
  if (existsSync(MARK)) return
  await run('python3', ['-m', 'venv', VENV], { env: plainEnv(), logFile })
  await run(join(VENV, 'bin/pip'), ['install', '--quiet', ...PACKAGES], { env: plainEnv(), logFile })
  writeFileSync(MARK, PACKAGES.join('\n'))
}

/**
 * Starts ministack on a free port and waits until it is healthy.
 *
 * It checks IAM policies (`AUTH`), so every function works with just the grants that it was deployed with; and as our
 * policies refuse requests without TLS, it speaks TLS (`USE_SSL`) with a certificate that this process then trusts.
 */
export const startEmulator = async (scratch: string): Promise<Emulator> => {
  const port = await freePort()
  const certificate = join(scratch, 'ministack-tls/server.crt')
  const program = start(join(VENV, 'bin/python'), [join(import.meta.dirname, 'emulator.py')], {
    cwd: scratch,
    logFile: join(scratch, 'ministack.log'),
    env: {
      ...plainEnv(),
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      AUTH: 'true',
      USE_SSL: '1',
      // The emulator says this to its workers only if nothing in their environment says otherwise.
      NODE_EXTRA_CA_CERTS: certificate,
      // So that it trusts the issuer, which shows the same certificate.
      SSL_CERT_FILE: certificate,
      // Certificates, code and state of this run. Not inside the repository: its `type: module` would be taken for that
      // of the workers' CommonJS, which then exit at once.
      TMPDIR: scratch,
      STATE_DIR: join(scratch, 'state'),
      // Listeners on fixed ports that nothing here needs.
      SFTP_ENABLED: '0',
      IOT_MTLS_ENABLED: '0',
    },
  })
  const url = `https://127.0.0.1:${port}`
  await Promise.race([
    program.exited.then((code) => Promise.reject(new Error(`ministack ended with ${code} before it was healthy`))),
    until('ministack to be healthy', async () => {
      setDefaultCACertificates([...getCACertificates('bundled'), readFileSync(certificate, 'utf8')])
      return (await fetch(`${url}/_ministack/health`)).ok ? true : undefined
    }),
  ])
  const env = {
    ...plainEnv(),
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
    // An address rather than a name: with a name, buckets would become host names that the certificate does not cover.
    AWS_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL_S3: url,
    AWS_CA_BUNDLE: certificate,
    NODE_EXTRA_CA_CERTS: certificate,
  }
  const tls = { cert: readFileSync(certificate, 'utf8'), key: readFileSync(join(scratch, 'ministack-tls/server.key'), 'utf8') }
  return { port, program, tls, env }
}

/** This process's environment without anything of AWS's, and with the pinned Node first: the emulator runs functions on it. */
const plainEnv = (): Record<string, string> => {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined && !name.startsWith('AWS_')) env[name] = value
  return { ...env, PATH: `${join(REPO, 'node_modules/.bin')}:${process.env.PATH}` }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port was given out')),
      )
    })
  })
