export { createFirmware } from './campaigns.ts'
export { createFirmwareRunner, type FirmwareRunner } from './runner.ts'
export {
  type Campaign,
  type CampaignId,
  CampaignTarget,
  campaignStates,
  type DeviceOfCampaign,
  type DeviceVersion,
  deviceStates,
  type FileToSend,
  type Firmware,
  type FirmwareDesk,
  type FirmwareFile,
  type FirmwareId,
  type FirmwareTalk,
  firmwareBytesMax,
  type TalkFailure,
} from './types.ts'
