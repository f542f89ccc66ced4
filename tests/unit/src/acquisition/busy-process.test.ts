import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { nodeNetwork, tcpDialer } from '#drivers/tcp'
import { Line } from '#src/acquisition'
import { milliseconds, systemClock } from '#src/core'
import { testGate, toyFrame, toyProtocol } from '#tests/support'
import { ask, never } from './line-field.ts'

const PATIENCE_MS = 150

/** A meter that goes on while this thread is busy, and answers at once. */
const meter = `
const { parentPort, workerData } = require('node:worker_threads')
const server = require('node:net').createServer((socket) => {
  socket.on('error', () => {})
  socket.on('data', () => socket.write(Buffer.from(workerData)))
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

it('hears what came while the process was busy, before it calls a meter silent', async () => {
  const worker = new Worker(meter, { eval: true, workerData: toyFrame(7, 3, 0, 42) })
  try {
    const port = await new Promise<number>((resolve) => worker.once('message', resolve))
    const opened = await tcpDialer({ host: '127.0.0.1', port }, nodeNetwork).open(never)
    if (!opened.ok) throw new Error(opened.error.message)
    const line = new Line(opened.value, systemClock, testGate(systemClock).keeper)
    const limits = { firstByte: milliseconds(PATIENCE_MS), gap: milliseconds(PATIENCE_MS) }
    const outcome = line.exchange(toyProtocol, ask, limits, never)
    const busyUntil = systemClock.now() + 3 * PATIENCE_MS
    while (systemClock.now() < busyUntil);
    expect(await outcome).toMatchObject({ kind: 'answered' })
    await line.close()
  } finally {
    await worker.terminate()
  }
})
