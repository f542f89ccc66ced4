import type { ModbusProfile } from './profile.ts'
import { abbB23 } from './profile-abb.ts'
import { adw300, dtsd1352 } from './profile-acrel.ts'
import { dtsu666, dtsu666v4 } from './profile-chint.ts'
import { sdm72, sdm120, sdm630 } from './profile-eastron.ts'
import { iem3155 } from './profile-schneider.ts'
import { sunSpecProfile, sunSpecProfiles } from './profile-sunspec.ts'

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
  ...sunSpecProfiles,
  abbB23,
]

const byName = new Map(profiles.map((profile) => [profile.name, profile]))
const ofModel = /^sunspec-(\d{3})-(\d{1,5})$/

/** A map by its name; `sunspec-213-40105` is that of a SunSpec model at that address. */
export function profileOf(name: string): ModbusProfile | undefined {
  const known = byName.get(name)
  if (known) return known
  const [, id, address] = ofModel.exec(name) ?? []
  if (id === undefined || address === undefined) return undefined
  return sunSpecProfile(Number(id), Number(address)) ?? undefined
}
