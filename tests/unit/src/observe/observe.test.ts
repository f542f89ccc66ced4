import { describe, expect, it } from 'vitest'
import { createLogger, createMetrics } from '#src/observe'

describe('metrics', () => {
  it('print what was counted, set, watched and timed', async () => {
    const metrics = createMetrics()
    const polls = metrics.counter<'outcome'>({
      name: 'hes_polls_total',
      help: 'Polls.',
      labels: ['outcome'],
    })
    polls.add({ outcome: 'answered' })
    polls.add({ outcome: 'answered' }, 2)
    metrics.gauge({ name: 'hes_queue_length', help: 'Waiting.' }).set({}, 7)
    metrics.watch({ name: 'hes_channels_online', help: 'Online.' }, () => 3)
    const seconds = metrics.histogram({ name: 'hes_poll_seconds', help: 'Time.' }, [0.1, 1])
    seconds.observe({}, 0.5)
    const { body } = await metrics.text()
    expect(body).toContain('hes_polls_total{outcome="answered"} 3')
    expect(body).toContain('hes_queue_length 7')
    expect(body).toContain('hes_channels_online 3')
    expect(body).toContain('hes_poll_seconds_bucket{le="1"} 1')
    expect(body).toContain('process_cpu_seconds_total')
  })

  it('refuse names and labels that do not belong', () => {
    const metrics = createMetrics()
    const help = 'x'
    expect(() => metrics.counter({ name: 'polls_total', help })).toThrow(/hes_/)
    expect(() => metrics.counter({ name: 'hes_polls', help })).toThrow(/_total/)
    for (const label of ['meter', 'meter_id', 'address', 'device', 'customer', 'account_no']) {
      expect(() => metrics.gauge({ name: 'hes_x', help, labels: [label] })).toThrow(/unbounded/)
    }
  })
})

describe('the logger', () => {
  const logged = (pretty: boolean) => {
    const lines: string[] = []
    const log = createLogger({ level: 'info', pretty }, { write: (line) => void lines.push(line) })
    return { log, lines }
  }

  it('writes JSON lines with the time in ISO 8601', () => {
    const { log, lines } = logged(false)
    log.child({ component: 'test' }).info({ event: 'started', ms: 3 })
    log.debug({ event: 'not shown' })
    expect(lines).toHaveLength(1)
    const line = JSON.parse(lines[0] ?? '')
    expect(line).toMatchObject({ component: 'test', event: 'started', ms: 3 })
    expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  it('masks secrets wherever they are', () => {
    const { log, lines } = logged(false)
    log.info({ password: 'canary', user: { token: 'canary' }, a: { b: { secret: 'canary' } } })
    log.child({ authorization: 'canary' }).info({ event: 'x' })
    expect(lines.join()).not.toContain('canary')
  })
})
