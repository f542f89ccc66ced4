import fs from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migratedFolder } from '#tests/support'
import { type Running, startHes } from './process.ts'
import { freePorts } from './world.ts'

/** CI asks for a thousand. */
const CALLS = Number(process.env.HES_TEST_RECONNECTS ?? 60)
const DEVICE = '330100000001'
/** What garbage that nobody has collected yet may hold, whatever the number of calls. */
const SLACK_KIB = 40_000

describe(`a device that calls ${CALLS} times`, () => {
  let folder: Awaited<ReturnType<typeof migratedFolder>>
  let hes: Running
  let port = 0
  let pid = 0

  beforeAll(async () => {
    folder = await migratedFolder()
    const env = { ...freePorts, HES_DATA_DIR: folder.path, HES_LOG_LEVEL: 'info' }
    hes = startHes(['serve'], env)
    const [, found] = await hes.told(/concentrators dial in on port (\d+)/)
    port = Number(found)
    pid = hes.pid
  })
  afterAll(async () => {
    hes.kill('SIGKILL')
    await hes.ended
    folder.remove()
  })

  const files = () => fs.readdirSync(`/proc/${pid}/fd`).length
  const residentKib = () =>
    Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

  /** Logs in, says something, and goes away in one of three ways. */
  const call = (number: number) =>
    new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`REG:${DEVICE}ping`, () => {
          if (number % 3 === 0) socket.resetAndDestroy()
          else if (number % 3 === 1) socket.destroy()
          else socket.end()
        })
      })
      socket.on('error', () => socket.destroy()).on('close', () => resolve())
      socket.resume()
    })
  const calls = async (count: number) => {
    for (let number = 0; number < count; number++) await call(number)
  }

  it.runIf(fs.existsSync('/proc/self/fd'))('leaves no file open and no memory behind', async () => {
    await calls(Math.min(CALLS, 100))
    const before = { files: files(), residentKib: residentKib() }
    await calls(CALLS)
    await expect.poll(files, { timeout: 10_000 }).toBeLessThanOrEqual(before.files + 2)
    expect(residentKib() - before.residentKib).toBeLessThan(SLACK_KIB)
  })
})
