import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type Program, run, start } from './programs.ts'
import { until } from './until.ts'

/** A running ministack, the AWS of this test. */
export type Emulator = {
  readonly port: number
  readonly program: Program
  /** The certificate and its key, for another server on this machine. */
  readonly tls: { readonly cert: string; readonly key: string }
  /** The environment of programs that may reach only the emulator. */
  readonly env: Readonly<Record<string, string>>
}

const REPO = join(import.meta.dirname, '../..')
const VENV = join(REPO, '.venv')
// ministack checks JWT signatures with cryptography; without it every token is refused.
const PACKAGES = ['ministack==1.5.33', 'cryptography>=41']
// Written last, so that an interrupted installation is repeated.
const MARK = join(VENV, `installed-${PACKAGES[0]}`)

/** The key pair of the root user of the emulator. `env` omits the variables of AWS, so that no real account is used. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }
export const REGION = 'us-east-1'

/** The configuration of an SDK client of the emulator. */
export const clientConfig = ({ port }: Pick<Emulator, 'port'>) => ({
  region: REGION,
  credentials: CREDENTIALS,
  endpoint: `https://127.0.0.1:${port}`,
})

/** Installs ministack into `.venv` if it is missing. */
export const installEmulator = async (logFile: string): Promise<void> => {
  if (existsSync(MARK)) return
  await run('python3', ['-m', 'venv', VENV], { env: plainEnv(), logFile })
  await run(join(VENV, 'bin/pip'), ['install', '--quiet', ...PACKAGES], { env: plainEnv(), logFile })
  writeFileSync(MARK, PACKAGES.join('\n'))
}

/**
 * Starts ministack on a free port and waits until it is healthy.
 *
 * It checks IAM policies (`AUTH`), so each function has only the grants of its deployment. The policies refuse requests without
 * TLS, so it uses TLS (`USE_SSL`) with a certificate that this process then trusts.
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
      // The emulator passes this to its workers only if their environment does not set it.
      NODE_EXTRA_CA_CERTS: certificate,
      // The emulator then trusts the issuer, which has the same certificate.
      SSL_CERT_FILE: certificate,
      // Certificates, code and state of this run. Not inside the repository: its `type: module` would apply to the CommonJS
      // of the workers, which then exit at once.
      TMPDIR: scratch,
      STATE_DIR: join(scratch, 'state'),
      // On a busy machine the issuer, which is this process, answers late; the emulator then refuses every token for a minute.
      MINISTACK_APIGW_JWKS_TIMEOUT_SECONDS: '60',
      // Listeners on fixed ports that this test does not need.
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
    // An address instead of a name: with a name, buckets would become host names that the certificate does not cover.
    AWS_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL_S3: url,
    AWS_CA_BUNDLE: certificate,
    NODE_EXTRA_CA_CERTS: certificate,
  }
  const tls = { cert: readFileSync(certificate, 'utf8'), key: readFileSync(join(scratch, 'ministack-tls/server.key'), 'utf8') }
  return { port, program, tls, env }
}

/** The environment of this process without AWS variables, and with the pinned Node first, on which the emulator runs functions. */
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
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port was assigned')),
      )
    })
  })
