import type { ModbusProfile, PointRow } from './profile.ts'
import { sunAcc, sunInt } from './shape.ts'

/** W, VA, var and Wh become kW, kVA, kvar and kWh. */
const KILO = -3
const MODEL_LENGTH = 105

/** Offsets of model 203 (wye-connect three phase meter) from its id register. */
function points(model: number): readonly PointRow[] {
  const currentScale = model + 6
  const voltageScale = model + 15
  const powerScale = model + 22
  const apparentScale = model + 27
  const reactiveScale = model + 32
  const energyScale = model + 54
  return [
    ['31.7.0', model + 3, sunInt(currentScale)],
    ['51.7.0', model + 4, sunInt(currentScale)],
    ['71.7.0', model + 5, sunInt(currentScale)],
    ['32.7.0', model + 8, sunInt(voltageScale)],
    ['52.7.0', model + 9, sunInt(voltageScale)],
    ['72.7.0', model + 10, sunInt(voltageScale)],
    ['14.7.0', model + 16, sunInt(model + 17)],
    ['16.7.0', model + 18, sunInt(powerScale, KILO)],
    ['36.7.0', model + 19, sunInt(powerScale, KILO)],
    ['56.7.0', model + 20, sunInt(powerScale, KILO)],
    ['76.7.0', model + 21, sunInt(powerScale, KILO)],
    ['9.7.0', model + 23, sunInt(apparentScale, KILO)],
    ['29.7.0', model + 24, sunInt(apparentScale, KILO)],
    ['49.7.0', model + 25, sunInt(apparentScale, KILO)],
    ['69.7.0', model + 26, sunInt(apparentScale, KILO)],
    ['131.7.0', model + 28, sunInt(reactiveScale, KILO)],
    ['151.7.0', model + 29, sunInt(reactiveScale, KILO)],
    ['171.7.0', model + 30, sunInt(reactiveScale, KILO)],
    ['191.7.0', model + 31, sunInt(reactiveScale, KILO)],
    ['2.8.0', model + 38, sunAcc(energyScale, KILO)],
    ['22.8.0', model + 40, sunAcc(energyScale, KILO)],
    ['42.8.0', model + 42, sunAcc(energyScale, KILO)],
    ['62.8.0', model + 44, sunAcc(energyScale, KILO)],
    ['1.8.0', model + 46, sunAcc(energyScale, KILO)],
    ['21.8.0', model + 48, sunAcc(energyScale, KILO)],
    ['41.8.0', model + 50, sunAcc(energyScale, KILO)],
    ['61.8.0', model + 52, sunAcc(energyScale, KILO)],
  ]
}

/**
 * A device lists its models one after the other from "SunS" at 40000, so where 203 begins depends
 * on the models before it. The guard refuses every answer in which 203 does not begin there.
 */
function sunspec(name: string, model: number, before: string): ModbusProfile {
  return {
    name,
    title: `SunSpec 203, three-phase wye meter at ${model} (${before})`,
    functionCode: 3,
    order: 'ABCD',
    blockMax: 125,
    gapMax: 125,
    forbidden: [],
    guards: [{ address: model, words: [203, MODEL_LENGTH], meaning: 'SunSpec model 203' }],
    points: points(model),
  }
}

/** The common model may be 66 or 65 registers long; SolarEdge puts an inverter before its meter. */
export const sunspec203 = sunspec('sunspec-203', 40070, 'after a common model of 66')
export const sunspec203short = sunspec('sunspec-203-40069', 40069, 'after a common model of 65')
export const sunspec203third = sunspec('sunspec-203-40188', 40188, 'behind a SolarEdge inverter')
