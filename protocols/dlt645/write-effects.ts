import type { FrameEffect } from '#protocols/model'

/**
 * What a write (14H) of an identifier moves, by its leading digits; no head begins another.
 * What stands nowhere here is `unknown` and never sent. Tables of zones, periods and holidays,
 * settlement days and ratios decide what is paid, so they count as prices.
 */
export const writeEffects: readonly (readonly [head: string, effect: FrameEffect])[] = [
  ['04000101', 'clock'],
  ['04000102', 'clock'],
  ['0400010C', 'clock'],
  // 最大需量周期、滑差时间、校表脉冲宽度
  ['04000103', 'write'],
  ['04000104', 'write'],
  ['04000105', 'write'],
  // 两套时区表、时段表、费率电价、阶梯切换时间
  ['04000106', 'price'],
  ['04000107', 'price'],
  ['04000108', 'price'],
  ['04000109', 'price'],
  ['04000201', 'price'],
  ['04000202', 'price'],
  ['04000203', 'price'],
  ['04000204', 'price'],
  ['04000205', 'price'],
  ['04000206', 'write'],
  ['04000207', 'price'],
  ['04000301', 'write'],
  ['04000302', 'write'],
  ['04000303', 'write'],
  ['04000304', 'write'],
  ['04000305', 'write'],
  // 互感器变比
  ['04000306', 'price'],
  ['04000307', 'price'],
  ['04000401', 'address'],
  ['04000402', 'address'],
  ['04000403', 'write'],
  ['0400040E', 'write'],
  // 组合方式特征字: what the combined registers add up.
  ['04000601', 'price'],
  ['04000602', 'price'],
  ['04000603', 'price'],
  ['040007', 'mode'],
  ['040008', 'price'],
  ['040009', 'write'],
  ['04000A', 'write'],
  ['04000B', 'price'],
  ['04000C', 'key'],
  ['04000E', 'load-limit'],
  // 电量、金额限值: alarm, hoarding and overdraft limits decide when a meter trips by itself.
  ['04000F', 'price'],
  ['040010', 'price'],
  ['040011', 'mode'],
  ['040012', 'write'],
  // 跳闸、合闸延时: when a relay moves.
  ['040014', 'relay'],
  ['0401', 'price'],
  ['0402', 'price'],
  ['0403', 'price'],
  ['0404', 'write'],
  ['0405', 'price'],
  ['0406', 'price'],
  ['0409', 'write'],
]

/** Authentications (03H) by DI3 and DI2: identity, opening and top-up, keys. */
export const authenticationEffects: readonly (readonly [head: string, effect: FrameEffect])[] = [
  ['0700', 'key'],
  ['0701', 'price'],
  ['0702', 'key'],
]
