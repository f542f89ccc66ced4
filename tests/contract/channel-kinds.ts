import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { vi } from 'vitest'
import { type Channel, memoryPair } from '#drivers/channel'
import { listenForDialIns } from '#drivers/dialin'
import { nodeSerialPorts, serialDialer } from '#drivers/serial'
import { nodeNetwork, tcpDialer } from '#drivers/tcp'
import { systemClock } from '#src/core'

/** A channel under test and whoever is at the other end of its line. */
export interface Line {
  readonly channel: Channel
  readonly peer: {
    write(bytes: Uint8Array): Promise<void>
    /** Everything that arrived so far. */
    received(): Uint8Array
    die(): void
  }
  dispose(): Promise<void>
}

export interface ChannelKind {
  readonly name: string
  /** Why it cannot be tried here; null where it can. */
  readonly missing: string | null
  open(): Promise<Line>
}

export const never = new AbortController().signal

export const channelKinds: readonly ChannelKind[] = [
  { name: 'memory', missing: null, open: openMemory },
  { name: 'tcp', missing: null, open: openTcp },
  { name: 'dial-in', missing: null, open: openDialIn },
  { name: 'serial', missing: hasSocat() ? null : 'socat is not installed', open: openSerial },
]

async function openMemory(): Promise<Line> {
  const [channel, other] = memoryPair()
  const chunks: Uint8Array[] = []
  const reading = (async () => {
    for await (const chunk of other.bytes()) chunks.push(chunk)
  })()
  return {
    channel,
    peer: {
      async write(bytes) {
        await other.send(bytes, never)
      },
      received: () => Buffer.concat(chunks),
      die: () => void other.close(),
    },
    async dispose() {
      await channel.close()
      await reading
    },
  }
}

async function openTcp(): Promise<Line> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const opened = await tcpDialer({ host: '127.0.0.1', port }, nodeNetwork).open(never)
  if (!opened.ok) throw new Error(opened.error.message)
  const [socket] = await accepted
  return lineOf(opened.value, socket, async () => {
    server.close()
  })
}

async function openDialIn(): Promise<Line> {
  const listening = await listenForDialIns(
    { host: '127.0.0.1', port: 0, connectionsMax: 4 },
    nodeNetwork,
    systemClock,
  )
  if (!listening.ok) throw new Error(listening.error.message)
  const socket = connect({ host: '127.0.0.1', port: listening.value.port, noDelay: true })
  socket.write('REG:000012345678')
  for await (const { channel } of listening.value.sessions()) {
    return lineOf(channel, socket, () => listening.value.close())
  }
  throw new Error('the listener closed')
}

async function openSerial(): Promise<Line> {
  const folder = mkdtempSync(join(tmpdir(), 'pty-'))
  const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')]
  const socat = spawn('socat', [`pty,raw,echo=0,link=${ours}`, `pty,raw,echo=0,link=${theirs}`])
  await vi.waitUntil(() => existsSync(ours) && existsSync(theirs), { timeout: 10_000 })
  const line = { baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 } as const
  const opened = await serialDialer({ path: ours, ...line }, nodeSerialPorts).open(never)
  if (!opened.ok) throw new Error(opened.error.message)
  const other = await nodeSerialPorts.open({ path: theirs, ...line })
  const line_ = lineOf(opened.value, other, async () => {
    socat.kill()
  })
  return { ...line_, peer: { ...line_.peer, die: () => void socat.kill() } }
}

function lineOf(channel: Channel, peer: Duplex, close: () => Promise<void>): Line {
  const chunks: Buffer[] = []
  peer.on('data', (chunk: Buffer) => chunks.push(chunk))
  peer.on('error', () => {})
  return {
    channel,
    peer: {
      write: (bytes) => new Promise((resolve) => peer.write(bytes, () => resolve())),
      received: () => Buffer.concat(chunks),
      die: () => void peer.destroy(),
    },
    async dispose() {
      await channel.close()
      peer.destroy()
      await close()
    },
  }
}

function hasSocat(): boolean {
  try {
    execFileSync('socat', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
