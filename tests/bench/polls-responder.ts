import { createServer } from 'node:net'
import { fromHex } from '#protocols/bytes'
import { dlt645 } from '#protocols/dlt645'

/** Answers every 16-byte request with the same 20-byte answer; its own process, as a field is. */
const answer = Buffer.from(fromHex('68665544332211689108333334336A547B330716') ?? [])
const scanned = process.argv[2] === 'scanned'

const server = createServer((socket) => {
  socket.setNoDelay(true)
  const scanner = dlt645.scanner()
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    const requests = scanned ? scanner.push(chunk).length : 1
    for (let request = 0; request < requests; request++) socket.write(answer)
  })
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 2_000 }, () => {
  const address = server.address()
  if (typeof address === 'object' && address) process.stdout.write(`${address.port}\n`)
})
process.on('disconnect', () => process.exit())
