import { createHmac } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { type SmsSettings, smsOverHttp } from '#src/messages'
import { idleWork, ManualClock } from '#tests/support'
import { buildWorld } from './world.ts'

const SECRET = 'canary-receipt-secret'
const words = { path: 'stat', delivered: ['DELIVRD'], failed: ['UNDELIV'] }
const settings: SmsSettings = {
  name: 'gateway',
  url: 'http://127.0.0.1:1/send',
  body: '{}',
  accepted: { path: 'code', words: ['0'] },
  receipts: {
    ...words,
    algorithm: 'hmac-sha256',
    signatureHeader: 'X-Sign',
    timestampHeader: 'X-Time',
    list: 'reports',
    ref: 'sid',
  },
}
const clock = new ManualClock()
const provider = smsOverHttp(settings, SECRET, clock)
const told: unknown[] = []
const world = await buildWorld({
  receiptsOf: (_name, call) => provider.receipts(call, clock.now()),
  messages: {
    ...idleWork.messages,
    async received(receipts) {
      told.push(...receipts)
      return receipts.length
    },
  },
})
afterAll(() => world.app.close())

// As no serialiser of ours would write it: the signature is over these very bytes.
const body = '{ "reports" :[ {"sid":"S-1", "stat":"DELIVRD"} ,{"sid":"S-2","stat":"ACCEPTD"}]}'

function callback(text: string, secret: string, seconds = Math.floor(clock.now() / 1_000)) {
  const sign = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return world.app.inject({
    method: 'POST',
    url: '/api/v1/messages/receipts/gateway',
    headers: { 'content-type': 'application/json', 'x-time': String(seconds), 'x-sign': sign },
    payload: text,
  })
}

test('a signed callback is taken as its bytes came, and says only what is an end', async () => {
  const response = await callback(body, SECRET)
  expect(response.statusCode).toBe(200)
  expect(response.json()).toEqual({ changed: 1 })
  expect(told).toEqual([{ ref: 'S-1', outcome: 'delivered', detail: 'DELIVRD' }])
})

test('another key, other bytes or an old time is no receipt', async () => {
  const old = Math.floor(clock.now() / 1_000) - 3_600
  const before = told.length
  for (const refused of [
    await callback(body, 'guess'),
    await callback(body.replace('S-2', 'S-3'), SECRET),
    await callback(body, SECRET, old),
  ]) {
    expect(refused.statusCode).toBe(401)
    expect(refused.json()).toMatchObject({ code: 'wrong-signature' })
  }
  expect(told).toHaveLength(before)
})
