import { connect, type Socket } from 'node:net'
import { wordsOf } from './session-words.ts'

/** `PORT COUNT HEARTBEAT_S`: devices that log in, beat their hearts and say nothing else. */
const [port = 0, count = 0, heartbeatSeconds = 60] = process.argv.slice(2).map(Number)
const CALLS_PER_TURN = 100

let connected = 0
for (let first = 0; first < count; first += CALLS_PER_TURN) {
  const here = Array.from({ length: Math.min(CALLS_PER_TURN, count - first) }, (_, i) => first + i)
  await Promise.all(here.map(call))
}
process.send?.({ connected })

function call(number: number): Promise<void> {
  const { login, heartbeat } = wordsOf(number)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      connected++
      socket.write(login)
      beat(socket, heartbeat, number)
      resolve()
    })
    socket.resume()
    socket.once('close', () => connected--)
  })
}

/** Spread evenly, as the hearts of a fleet that called over hours are. */
function beat(socket: Socket, heartbeat: Uint8Array, number: number): void {
  const periodMs = heartbeatSeconds * 1_000
  setTimeout(
    () => setInterval(() => socket.writable && socket.write(heartbeat), periodMs),
    (periodMs * number) / Math.max(count, 1),
  )
}
