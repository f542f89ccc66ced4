import type { ModbusProfile, PointRow } from './profile.ts'
import { f32, registerCount, type Shape, sunAcc, sunInt, sunUint } from './shape.ts'
import type { SunSpecModel } from './sunspec-walk.ts'

/** W, VA, var and Wh become kW, kVA, kvar and kWh. */
const KILO = -3
/** Power that an inverter gives and a meter would count as given back. */
const given = (shape: Shape): Shape => ({ ...shape, negated: true })
const energy = f32(0, KILO)
const power = f32(1, KILO)

/** A kind of model: its numbers, its length and where its points are, counted from its number. */
interface ModelFamily {
  readonly ids: readonly number[]
  readonly length: number
  readonly points: (model: number) => readonly PointRow[]
}

/** 101 to 103: inverters of one, two and three phases. They measure what they give. */
function inverter(model: number): readonly PointRow[] {
  const current = model + 6
  const voltage = model + 13
  return [
    ['31.7.0', model + 3, sunUint(current)],
    ['51.7.0', model + 4, sunUint(current)],
    ['71.7.0', model + 5, sunUint(current)],
    ['32.7.0', model + 10, sunUint(voltage)],
    ['52.7.0', model + 11, sunUint(voltage)],
    ['72.7.0', model + 12, sunUint(voltage)],
    ['16.7.0', model + 14, given(sunInt(model + 15, KILO))],
    ['14.7.0', model + 16, sunUint(model + 17)],
    ['9.7.0', model + 18, sunInt(model + 19, KILO)],
    ['131.7.0', model + 20, given(sunInt(model + 21, KILO))],
    ['2.8.0', model + 24, sunAcc(model + 26, KILO)],
  ]
}

/** 201 to 204: meters of one, two and three phases (wye and delta), integers with scale factors. */
function meter(model: number): readonly PointRow[] {
  const current = model + 6
  const voltage = model + 15
  const active = model + 22
  const apparent = model + 27
  const reactive = model + 32
  const total = model + 54
  return [
    ['31.7.0', model + 3, sunInt(current)],
    ['51.7.0', model + 4, sunInt(current)],
    ['71.7.0', model + 5, sunInt(current)],
    ['32.7.0', model + 8, sunInt(voltage)],
    ['52.7.0', model + 9, sunInt(voltage)],
    ['72.7.0', model + 10, sunInt(voltage)],
    ['14.7.0', model + 16, sunInt(model + 17)],
    ['16.7.0', model + 18, sunInt(active, KILO)],
    ['36.7.0', model + 19, sunInt(active, KILO)],
    ['56.7.0', model + 20, sunInt(active, KILO)],
    ['76.7.0', model + 21, sunInt(active, KILO)],
    ['9.7.0', model + 23, sunInt(apparent, KILO)],
    ['29.7.0', model + 24, sunInt(apparent, KILO)],
    ['49.7.0', model + 25, sunInt(apparent, KILO)],
    ['69.7.0', model + 26, sunInt(apparent, KILO)],
    ['131.7.0', model + 28, sunInt(reactive, KILO)],
    ['151.7.0', model + 29, sunInt(reactive, KILO)],
    ['171.7.0', model + 30, sunInt(reactive, KILO)],
    ['191.7.0', model + 31, sunInt(reactive, KILO)],
    ['2.8.0', model + 38, sunAcc(total, KILO)],
    ['22.8.0', model + 40, sunAcc(total, KILO)],
    ['42.8.0', model + 42, sunAcc(total, KILO)],
    ['62.8.0', model + 44, sunAcc(total, KILO)],
    ['1.8.0', model + 46, sunAcc(total, KILO)],
    ['21.8.0', model + 48, sunAcc(total, KILO)],
    ['41.8.0', model + 50, sunAcc(total, KILO)],
    ['61.8.0', model + 52, sunAcc(total, KILO)],
  ]
}

/** 211 to 214: the same meters in single-precision floats. */
function floatMeter(model: number): readonly PointRow[] {
  return [
    ['31.7.0', model + 4, f32(3)],
    ['51.7.0', model + 6, f32(3)],
    ['71.7.0', model + 8, f32(3)],
    ['32.7.0', model + 12, f32(1)],
    ['52.7.0', model + 14, f32(1)],
    ['72.7.0', model + 16, f32(1)],
    ['14.7.0', model + 26, f32(2)],
    ['16.7.0', model + 28, power],
    ['36.7.0', model + 30, power],
    ['56.7.0', model + 32, power],
    ['76.7.0', model + 34, power],
    ['9.7.0', model + 36, power],
    ['29.7.0', model + 38, power],
    ['49.7.0', model + 40, power],
    ['69.7.0', model + 42, power],
    ['131.7.0', model + 44, power],
    ['151.7.0', model + 46, power],
    ['171.7.0', model + 48, power],
    ['191.7.0', model + 50, power],
    ['2.8.0', model + 60, energy],
    ['22.8.0', model + 62, energy],
    ['42.8.0', model + 64, energy],
    ['62.8.0', model + 66, energy],
    ['1.8.0', model + 68, energy],
    ['21.8.0', model + 70, energy],
    ['41.8.0', model + 72, energy],
    ['61.8.0', model + 74, energy],
  ]
}

const inverters: ModelFamily = { ids: [101, 102, 103], length: 50, points: inverter }
const meters: readonly ModelFamily[] = [
  { ids: [201, 202, 203, 204], length: 105, points: meter },
  { ids: [211, 212, 213, 214], length: 124, points: floatMeter },
]

/** Every code that one of the models has. */
export const sunSpecCodes: ReadonlySet<string> = new Set(
  [inverters, ...meters].flatMap(({ points }) => points(0).map(([code]) => code)),
)

/**
 * The map of a model that begins at this address, null for a model of another kind. The guard
 * refuses every answer in which the model does not begin there.
 */
export function sunSpecProfile(id: number, address: number): ModbusProfile | null {
  const family = [inverters, ...meters].find(({ ids }) => ids.includes(id))
  if (!family) return null
  const points = family.points(address)
  const last = Math.max(...points.map(([, at, shape]) => at + registerCount(shape)))
  if (last > 0x1_0000) return null
  return {
    name: `sunspec-${id}-${address}`,
    title: `SunSpec ${id} at ${address}`,
    functionCode: 3,
    order: 'ABCD',
    blockMax: 125,
    gapMax: 125,
    forbidden: [],
    guards: [{ address, words: [id, family.length], meaning: `SunSpec model ${id}` }],
    points,
  }
}

/** The n-th meter of a device; of one without meters the first inverter. Null: not there (yet). */
export function pickModel(
  models: readonly SunSpecModel[],
  nth: number,
  isWhole: boolean,
): SunSpecModel | null {
  const isOf = (family: ModelFamily) => (model: SunSpecModel) => family.ids.includes(model.id)
  const found = models.filter((model) => meters.some((family) => isOf(family)(model)))
  const wanted = found[nth - 1]
  if (wanted || !isWhole || nth > 1) return wanted ?? null
  return models.find(isOf(inverters)) ?? null
}

function named(name: string, title: string, address: number): readonly ModbusProfile[] {
  const profile = sunSpecProfile(203, address)
  return profile ? [{ ...profile, name, title }] : []
}

/**
 * Models 203 where devices of today have them: the common model may be 66 or 65 registers long,
 * SolarEdge puts an inverter before its meter. `sunspec` itself looks for the model.
 */
export const sunSpecProfiles: readonly ModbusProfile[] = [
  ...named('sunspec-203', 'SunSpec 203, three-phase wye meter at 40070', 40_070),
  ...named('sunspec-203-40069', 'SunSpec 203, three-phase wye meter at 40069', 40_069),
  ...named('sunspec-203-40188', 'SunSpec 203 at 40188 (behind a SolarEdge inverter)', 40_188),
]
