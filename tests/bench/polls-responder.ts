import { createServer } from 'node:net'
import { scripts } from './polls-script.ts'

/** Answers every request of scripts with the same bytes each time; its own process, as a field is. */
const exchanges = process.argv.slice(2).flatMap((name) => scripts[name]?.exchanges ?? [])
const answers = new Map(
  exchanges.map(({ request, answer }) => [Buffer.from(request).toString('latin1'), answer]),
)

const server = createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    const answer = answers.get(chunk.toString('latin1'))
    if (answer) socket.write(answer)
  })
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 2_000 }, () => {
  const address = server.address()
  if (typeof address === 'object' && address) process.stdout.write(`${address.port}\n`)
})
process.on('disconnect', () => process.exit())
