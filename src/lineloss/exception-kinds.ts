/** The catalogue of exceptions (线损异常); severity and what becomes work are data. */
export const exceptionKinds = {
  high: ['the rate is above its band', '高损'],
  low: ['the rate is below its band, and not below zero', '低损'],
  negative: ['more came out than went in', '负损'],
  'sudden-change': ['the rate is far from that of the week before', '线损率突变'],
  'bus-imbalance': ['a bus is out of balance by more than its voltage allows', '母线不平衡'],
  'new-this-month': ['out of its band this month, not the month before', '当月新增异常'],
  'two-months': ['out of its band for two months running', '连续两月异常'],
  'three-months': ['out of its band for three months running', '连续三月异常'],
  'users-failed': ['too few users were read', '用户采集失败'],
  'reading-missing': ['an upper or lower reading of a gateway is missing', '关口上下表底缺失'],
  'register-fell': ['a register fell without a swap on record', '本次示数小于上次且无换表记录'],
  'swap-unresolved': ['a swap without its registers', '换表示数缺失'],
  'source-abnormal': [
    'a source stopped feeding in, or one feeds in that nobody knows of',
    '光伏用户异常',
  ],
  'relation-empty': ['no user hangs on it', '户变关系为空'],
  'relation-differs': [
    'its users are others than the marketing system says',
    '户变关系与营销不一致',
  ],
  'no-archive': ['something counts there of which the archive knows nothing', '有模型无档案'],
  'no-transformer': ['an area without a transformer', '台区无变压器'],
  'no-metering-point': ['no meter measures what comes in', '无计量点'],
  'no-model': ['it is in the archive and nothing counts there', '有档案无模型'],
  'source-not-input': ['a distributed source is not on the input side', '分布式电源未计入供入侧'],
  'feedback-not-output': ['what is fed back is not on the output side', '上网电量未计入输出侧'],
} as const satisfies Record<string, readonly [en: string, zh: string]>

export type ExceptionKind = keyof typeof exceptionKinds

export const isExceptionKind = (text: string): text is ExceptionKind => text in exceptionKinds
