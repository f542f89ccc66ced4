import type { ModbusProfile } from './profile.ts'
import { abbB23 } from './profile-abb.ts'
import { adw300, dtsd1352 } from './profile-acrel.ts'
import { dtsu666, dtsu666v4 } from './profile-chint.ts'
import { sdm72, sdm120, sdm630 } from './profile-eastron.ts'
import { iem3155 } from './profile-schneider.ts'
import { sunspec203, sunspec203short, sunspec203third } from './profile-sunspec.ts'

/** Every register map the product knows; `npx hes … --profile NAME`. */
export const profiles: readonly ModbusProfile[] = [
  sdm630,
  sdm72,
  sdm120,
  iem3155,
  adw300,
  dtsd1352,
  dtsu666,
  dtsu666v4,
  sunspec203,
  sunspec203short,
  sunspec203third,
  abbB23,
]

const byName = new Map(profiles.map((profile) => [profile.name, profile]))

export function profileOf(name: string): ModbusProfile | undefined {
  return byName.get(name)
}
