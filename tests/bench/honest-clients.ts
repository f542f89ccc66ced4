import { connect } from 'node:net'
import { wordsOf } from './session-words.ts'

/** `PORT COUNT`: terminals of 376.1 that log in, stay a while, hang up and call again. */
const [port = 0, count = 0] = process.argv.slice(2).map(Number)
const STAY_MS = 5_000
const PATIENCE_MS = 10_000

let tries = 0
let successes = 0
const loginsMs: number[] = []

for (let number = 0; number < count; number++) {
  setTimeout(() => void live(3 * number + 1), (STAY_MS * number) / count)
}
process.send?.({ calling: count })
process.on('message', () => {
  const sorted = loginsMs.toSorted((one, other) => one - other)
  const p99Ms = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
  process.send?.({ tries, successes, p99Ms })
})

async function live(number: number): Promise<void> {
  for (;;) {
    tries++
    const tookMs = await stay(number)
    if (tookMs === null) continue
    successes++
    loginsMs.push(tookMs)
  }
}

/** Milliseconds from dialing to the answer to the login; null where there was none, or no stay. */
function stay(number: number): Promise<number | null> {
  const { login } = wordsOf(number)
  const begun = performance.now()
  return new Promise((resolve) => {
    let tookMs: number | null = null
    const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () => socket.write(login))
    const end = (result: number | null) => {
      clearTimeout(timer)
      socket.removeAllListeners('close')
      socket.destroy()
      resolve(result)
    }
    let timer = setTimeout(() => end(null), PATIENCE_MS)
    socket.on('error', () => {})
    socket.once('close', () => setTimeout(() => end(null), 100))
    socket.on('data', () => {
      if (tookMs !== null) return
      tookMs = performance.now() - begun
      clearTimeout(timer)
      timer = setTimeout(() => end(tookMs), STAY_MS)
    })
  })
}
