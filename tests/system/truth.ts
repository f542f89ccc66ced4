import type { Registers, SimulatedMeter } from '#simulators/meter'
import type { ReadingView } from './api.ts'

/** Finest step of the registers that Modbus and MQTT meters show: 1 Wh. */
const DECIMALS_MAX = 3
const MILLIWH_PER_KWH = 1_000_000
/** Some Modbus meters keep registers as 32-bit floats, which have 24 bits. */
const FLOAT_SHARE = 2 ** -23

const registerOf: Readonly<Record<string, (registers: Registers) => number>> = {
  '1.8.0': ({ import: all }) => all.total,
  '1.8.1': ({ import: all }) => all.rates[0] ?? Number.NaN,
  '1.8.2': ({ import: all }) => all.rates[1] ?? Number.NaN,
  '1.8.3': ({ import: all }) => all.rates[2] ?? Number.NaN,
  '1.8.4': ({ import: all }) => all.rates[3] ?? Number.NaN,
  '2.8.0': ({ export: all }) => all.total,
}

type Momentary = ReturnType<SimulatedMeter['momentaryAt']>

const tenth = (value: number | undefined) => (value === undefined ? undefined : value / 10)

const momentaryOf: Readonly<Record<string, (now: Momentary) => number | undefined>> = {
  '16.7.0': ({ totalActiveDeciW }) => totalActiveDeciW / 10_000,
  '32.7.0': ({ voltageDeciV }) => tenth(voltageDeciV[0]),
  '52.7.0': ({ voltageDeciV }) => tenth(voltageDeciV[1]),
  '72.7.0': ({ voltageDeciV }) => tenth(voltageDeciV[2]),
  '14.7.0': ({ frequencyCentiHz }) => frequencyCentiHz / 100,
}

/** Energy registers that can be checked against a meter at any moment. */
export const knownRegisters = Object.keys(registerOf)

/** A register of the meter at a moment of true time, as a whole number of its last decimal. */
export function registerAt(
  meter: SimulatedMeter,
  register: string,
  decimals: number,
  ms: number,
): number {
  const read = registerOf[register]
  if (!read) throw new Error(`no truth is known of ${register}`)
  return read(meter.registersAt(ms, MILLIWH_PER_KWH / 10 ** decimals))
}

/**
 * Why a stored reading is not what the meter held at some moment from `fromMs` to `toMs`; null if
 * it is, or if nothing can be said of it.
 */
export function lieOf(
  meter: SimulatedMeter,
  { register, value }: Pick<ReadingView, 'register' | 'value'>,
  fromMs: number,
  toMs: number,
): string | null {
  const name = `${meter.spec.address} ${register}`
  if (registerOf[register]) {
    const isRounded = isModbus(meter)
    const decimals = isRounded ? DECIMALS_MAX : decimalsOf(value)
    const read = Math.round(Number(value) * 10 ** decimals)
    const low = registerAt(meter, register, decimals, fromMs)
    const high = registerAt(meter, register, decimals, toMs)
    const step = 10 ** (decimals - decimalsOf(value))
    const slack = isRounded ? Math.max(step, high * FLOAT_SHARE) : 0
    if (read >= low - slack && read <= high + slack) return null
    return `${name}: read ${value}, held ${low} to ${high} e-${decimals}`
  }
  const momentary = momentaryOf[register]
  if (!momentary || fromMs !== toMs) return null
  const held = momentary(meter.momentaryAt(fromMs))
  if (held === undefined) return `${name}: there is no such phase`
  const step = 10 ** -decimalsOf(value)
  const isClose = Math.abs(Number(value) - held) <= step + Math.abs(held) * FLOAT_SHARE
  return isClose ? null : `${name}: read ${value}, was ${held}`
}

const decimalsOf = (value: string) => value.split('.')[1]?.length ?? 0

/** Its register maps cut and round in their own ways; units on a bus have short addresses. */
const isModbus = (meter: SimulatedMeter) => meter.spec.address.length <= 3
