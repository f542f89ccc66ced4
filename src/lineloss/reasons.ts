/** Why a loss is not computable (不可算原因). Codes never change once released. */
export const lossReasons = {
  'no-gateway': ['no meter measures what comes in', '无供电侧计量点（模型缺失）'],
  'no-users': ['nothing is supplied by it', '无用户（户变关系为空）'],
  'gateway-unread': ['a gateway was not read at both ends', '关口表缺示数'],
  'reverse-unread': [
    'sources feed in and a gateway does not tell what goes back',
    '关口反向未采集',
  ],
  'source-unread': ['a distributed source was not read at both ends', '分布式电源缺示数'],
  'users-unread': ['too few users were read', '用户采集成功率不足'],
  'swap-unresolved': ['a meter was changed and its registers are not known', '换表示数未处理'],
  'register-fell': ['a register fell and nobody knows why', '示数倒走未处理'],
  moved: ['a point counted at two places in the same day', '计量点当日变更归属'],
  'child-unmetered': ['something hangs below that has no gateway', '下级无关口计量'],
  estimated: ['too much of the energy is estimated', '估算电量占比过高'],
} as const satisfies Record<string, readonly [en: string, zh: string]>

export type LossReason = keyof typeof lossReasons

export const isLossReason = (text: string): text is LossReason => text in lossReasons
