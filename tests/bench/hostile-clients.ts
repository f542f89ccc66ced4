import { connect, type Socket } from 'node:net'
import { wordsOf } from './session-words.ts'

/** `PORT COUNT`: a fifth each that are silent, drip, never log in, stop half way, and slam. */
const [port = 0, count = 0] = process.argv.slice(2).map(Number)
const AGAIN_MS = 500
const DRIP_MS = 10_000
const ADDRESSES = 20

const manners: readonly ((socket: Socket, number: number) => void)[] = [
  () => {},
  (socket) => every(DRIP_MS, socket, () => socket.write('x')),
  (socket) => every(1_000, socket, () => socket.write('ping')),
  (socket, number) => {
    const { login } = wordsOf(3 * number + 1)
    socket.write(login.subarray(0, login.length >> 1))
  },
  (socket) => socket.resetAndDestroy(),
]

for (let number = 0; number < count; number++) {
  if (number % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  call(number)
}
process.send?.({ calling: count })

function call(number: number): void {
  const localAddress = `127.0.1.${1 + (number % ADDRESSES)}`
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  socket.on('error', () => socket.destroy())
  socket.once('connect', () => manners[number % manners.length]?.(socket, number))
  socket.once('close', () => setTimeout(() => call(number), AGAIN_MS))
  socket.resume()
}

function every(ms: number, socket: Socket, act: () => void): void {
  const timer = setInterval(act, ms)
  socket.once('close', () => clearInterval(timer))
}
