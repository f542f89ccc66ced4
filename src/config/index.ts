export type { SettingKey, Settings } from './definitions.ts'
export {
  type LoadedSettings,
  loadSettings,
  type SettingFlags,
  type SettingsInput,
} from './load.ts'
export {
  explainSettings,
  type SettingView,
  viewSettings,
} from './view.ts'
