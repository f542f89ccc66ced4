import { describe, expect, it } from 'vitest'
import { nodeNetwork } from '#drivers/tcp'
import { demoScenario, startFleet, surrounded } from '#simulators/fleet'
import { ManualClock } from '#tests/support'

const place = { dialInPort: 1, mqttUrl: null, zone: 'Asia/Shanghai' }
const DAY = Date.UTC(2026, 10, 10, 16)
const UNIT = 10_000

describe('the gateway of an area', () => {
  it('counts what all customers of its area take, and what is lost, and what they give', async () => {
    const clock = new ManualClock(DAY + 10 * 86_400_000)
    const fleet = await startFleet(demoScenario(40, place), { clock, network: nodeNetwork })
    try {
      const rows = surrounded(fleet.archive())
      const gateways = rows.filter(({ role }) => role === 'supply')
      expect(gateways.length).toBeGreaterThan(3)
      for (const gateway of gateways) {
        expect(gateway.account).toBeNull()
        const fed = rows.filter(
          (row) => row.channel === gateway.channel && row.usagePoint !== gateway.usagePoint,
        )
        const energy = (usagePoint: string, what: 'import' | 'export', ratio: number) => {
          const meter = fleet.meterAt(usagePoint)
          if (!meter) throw new Error(usagePoint)
          const at = (ms: number) => meter.registersAt(ms, UNIT)[what].total
          return ((at(DAY + 86_400_000) - at(DAY)) * ratio) / 100
        }
        const sum = (what: 'import' | 'export') =>
          fed.reduce((total, { usagePoint, ct }) => {
            return total + energy(usagePoint, what, Number(ct.numerator) / Number(ct.denominator))
          }, 0)
        // The gateway shows 0.01 kWh of eighty, and customers of one or more.
        const room = (fed.length + 1) * 4
        const lost = energy(gateway.usagePoint, 'import', 80) - sum('import')
        expect(lost / sum('import')).toBeGreaterThan(0.015 - room / sum('import'))
        expect(lost / sum('import')).toBeLessThan(0.14 + room / sum('import'))
        expect(Math.abs(energy(gateway.usagePoint, 'export', 80) - sum('export'))).toBeLessThan(
          room,
        )
      }
    } finally {
      await fleet.stop()
    }
  })
})
