import type { ProtocolName } from '#protocols/model'
import type { ChannelKind, CustomerClass } from './types.ts'

/**
 * The columns of an archive file, with the Chinese headings that are understood as well; those that
 * say more are in detailColumns.
 */
export const archiveColumns = [
  ['concentrator', '集中器'],
  ['concentrator_name', '集中器名称'],
  ['concentrator_maker', '集中器厂家'],
  ['channel', '通道'],
  ['channel_kind', '通道类型'],
  ['channel_settings', '通道参数'],
  ['meter_address', '表地址'],
  ['protocol', '规约'],
  ['profile', '规约档案'],
  ['model', '表型号'],
  ['maker', '厂家'],
  ['usage_point', '用电点'],
  ['account', '户号'],
  ['customer', '户名'],
  ['customer_class', '用户类别'],
  ['transformer', '台区'],
  ['feeder', '线路'],
  ['ct', '电流互感器变比'],
  ['pt', '电压互感器变比'],
  ['valid_from', '生效日期'],
] as const

export const channelKinds = [
  'dialin',
  'tcp',
  'serial',
  'modbus-tcp',
  'modbus-rtu-tcp',
  'modbus-serial',
  'mqtt',
] as const satisfies readonly ChannelKind[]
export const customerClasses: readonly CustomerClass[] = [
  'residential',
  'commercial',
  'industrial',
  'agricultural',
  'public',
]

const transparent: readonly ChannelKind[] = ['dialin', 'tcp', 'serial']
const overModbus: readonly ChannelKind[] = ['modbus-tcp', 'modbus-rtu-tcp', 'modbus-serial']
/** The channels on which a protocol is spoken. */
export const channelsOf: Readonly<Record<ProtocolName, readonly ChannelKind[]>> = {
  'dlt645-2007': transparent,
  'dlt645-1997': transparent,
  modbus: overModbus,
  gdw376: transparent,
  dlt698: transparent,
  dlms: transparent,
  mqtt: ['mqtt'],
}
