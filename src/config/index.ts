export type { LogLevel, Role, SettingKey, Settings } from './definitions.ts'
export {
  type Environment,
  type LoadedSettings,
  loadSettings,
  type SettingFlags,
  type SettingSource,
  type SettingsInput,
  type SettingsRefused,
} from './load.ts'
export { flagOf, nearest, variableOf } from './names.ts'
export {
  explainSettings,
  type SettingExplanation,
  type SettingView,
  viewSettings,
} from './view.ts'
