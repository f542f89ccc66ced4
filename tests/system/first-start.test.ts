import { createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { loadSettings } from '#src/config'
import { systemClock } from '#src/core'
import { type Database, openDatabase } from '#src/db'
import { createLogger, createMetrics } from '#src/observe'
import { startHeadEnd } from '#src/wiring'
import { migratedFolder } from '#tests/support'
import { signIn } from './api.ts'
import { freePorts } from './world.ts'

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

it('tells the made password at the first start that succeeds, not at one that failed', async () => {
  const db = await openFolder()
  const taken = await listen()
  const failed = await start(db, { HES_HTTP_PORT: String(taken) })
  expect(failed).toMatchObject({ ok: false, error: { code: 'transport.busy' } })

  const started = await start(db, {})
  if (!started.ok) throw new Error(started.error.message)
  closing.push(() => started.value.stop())
  const { adminPassword, url } = started.value
  await expect(signIn(url, adminPassword ?? '')).resolves.toBeDefined()
})

async function openFolder(): Promise<Database> {
  const folder = await migratedFolder()
  closing.push(async () => folder.remove())
  const opened = await openDatabase({ dataDir: folder.path, clock: systemClock })
  if (!opened.ok) throw new Error(opened.error.message)
  closing.push(() => opened.value.close())
  return opened.value
}

/** Takes a port, as another program would. */
function listen(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    closing.push(() => new Promise((closed) => server.close(closed)))
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}

function start(db: Database, env: Readonly<Record<string, string>>) {
  const loaded = loadSettings({
    env: { ...freePorts, HES_ADMIN_PASSWORD: '', ...env },
    readFile: () => '',
  })
  if (!loaded.ok) throw new Error(loaded.error.mistakes.join('\n'))
  return startHeadEnd({
    loaded: loaded.value,
    clock: systemClock,
    log: createLogger({ level: 'silent', pretty: false }),
    metrics: createMetrics(),
    db,
    presentCycles: {},
    say: () => {},
    seed: async () => {},
  })
}
