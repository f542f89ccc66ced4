import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { SmsSettings } from '#src/messages'

export const SECRET = 'canary-sms-secret'

type Answer = (response: ServerResponse, id: string) => void

/** A provider of short messages that misbehaves as it is told. Over a real socket. */
export async function smsGateway() {
  /** What arrived, in order, also what was not answered. */
  const arrived: { readonly id: string; readonly to: string; readonly text: string }[] = []
  const forged: string[] = []
  const known = new Map<string, string>()
  const answers: Answer[] = []
  const accept: Answer = (response, id) => {
    known.set(id, 'SENT')
    json(response, 200, { code: '0', data: { sid: `S-${id}` } })
  }
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    if (request.method === 'GET') {
      const id = (request.url ?? '').split('/').at(-1)?.replace('S-', '') ?? ''
      const status = known.get(id)
      if (status === undefined) return json(response, 404, {})
      return json(response, 200, { status, sid: `S-${id}` })
    }
    const stamp = String(request.headers['x-time'])
    const expected = createHmac('sm3', SECRET).update(`${stamp}|${body}`).digest('hex')
    if (request.headers['x-sign'] !== expected) forged.push(body)
    const { to, text, id } = JSON.parse(body)
    arrived.push({ to, text, id })
    const answer = answers.shift() ?? accept
    answer(response, id)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const base = `http://127.0.0.1:${port}`
  const settings: SmsSettings = {
    name: 'test-gateway',
    url: `${base}/send`,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: '{"to":"{to}","text":"{text}","id":"{id}"}',
    timeoutSeconds: 1,
    signing: {
      algorithm: 'hmac-sm3',
      header: 'x-sign',
      timestampHeader: 'x-time',
      over: '{timestamp}|{body}',
    },
    accepted: { path: 'code', words: ['0'], ref: 'data.sid' },
    busy: ['BUSY'],
    query: {
      url: `${base}/messages/{ref}`,
      path: 'status',
      sent: ['SENT'],
      delivered: ['DELIVRD'],
      failed: ['UNDELIV'],
      ref: 'sid',
      absentStatus: 404,
    },
    receipts: {
      algorithm: 'hmac-sha256',
      signatureHeader: 'x-sign',
      timestampHeader: 'x-time',
      list: 'reports',
      path: 'stat',
      delivered: ['DELIVRD'],
      failed: ['UNDELIV'],
      ref: 'sid',
    },
  }
  return {
    arrived,
    forged,
    known,
    settings,
    /** What happens to the next message; the usual is that it is taken. */
    next: (answer: Answer) => void answers.push(answer),
    accept,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

export const json = (response: ServerResponse, status: number, body: unknown) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}
