/** Fault classes of a utility: of communication (通信异常), of data (采集数据异常). */
export type FaultClass = 'communication' | 'data' | 'control' | 'head-end'

interface CauseText {
  readonly class: FaultClass
  readonly zh: string
  readonly en: string
  readonly todoZh: string
  readonly todoEn: string
}

// One row a cause: class, what it is, what to do.
const rows = [
  [
    'no-network',
    'communication',
    '终端从未上线：无 SIM 卡、无信号或无电',
    'The terminal does not call: no SIM card, no network or no power',
    '检查 SIM 卡、资费、天线和供电',
    'Check SIM card, its contract, antenna and supply on site',
  ],
  [
    'device-off',
    'communication',
    '终端失联：曾在线，现已停机或无应答',
    'The terminal was there and is off, or is connected and passes on nothing',
    '检查终端供电并重启；仍无应答则更换',
    'Check its supply and restart it; replace it if it stays silent',
  ],
  [
    'login-refused',
    'communication',
    '终端以未登记的地址登录，被拒绝',
    'A terminal calls under an identity that the archive does not know',
    '在隔离区核对后接纳，或更正终端地址',
    'Compare it in the quarantine and adopt it, or correct the address in the terminal',
  ],
  [
    'flapping',
    'communication',
    '终端频繁上下线，在线时间不足',
    'The connection comes and goes, too short for what is to be read',
    '检查天线、信号强度和运营商',
    'Check antenna, signal and operator',
  ],
  [
    'garbage',
    'data',
    '线路上收到的报文损坏：干扰、波特率或校验不一致',
    'Answers come damaged: interference, or another speed or parity',
    '检查 485 接线、屏蔽和波特率设置',
    'Check wiring and shielding of the bus, speed and parity',
  ],
  [
    'meter-silent',
    'data',
    '电表无应答，同一终端下其他电表正常',
    'The meter is silent while others behind the same terminal answer',
    '检查电表供电、接线及通信模块',
    'Check supply, wiring and module of the meter',
  ],
  [
    'wrong-address',
    'data',
    '该表地址无应答，线上有未登记的电表：疑似换表未登记',
    'Nobody answers at this address and an unknown meter hangs on the line: replaced unrecorded',
    '现场核对表号，补录换表',
    'Compare the numbers on site and record the replacement',
  ],
  [
    'wrong-protocol',
    'data',
    '电表使用的规约与档案不符',
    'The meter speaks another protocol than the archive says',
    '更正档案中的规约',
    'Correct the protocol in the archive',
  ],
  [
    'refusal',
    'data',
    '电表拒绝所召测的数据项，或未记录该数据',
    'The meter refuses the data that it is asked for, or does not record it',
    '核对电表型号和采集方案',
    'Compare its model with what the task asks for',
  ],
  [
    'clock-wrong',
    'data',
    '时钟错误：冻结数据的日期不符',
    'Its clock is wrong: what it has is of another day',
    '校时；时钟电池失效则更换',
    'Set its clock; replace it where the battery is empty',
  ],
  [
    'duplicate-address',
    'data',
    '同一线路上两只电表地址相同，应答冲突',
    'Two meters of one address answer at once',
    '现场核对表号并更正',
    'Find both on site and correct one',
  ],
  [
    'database',
    'head-end',
    '主站数据库中断',
    'The database of the head-end was away',
    '检查数据库；数据恢复后自动补采',
    'Look after the database; what is missing is fetched when it is back',
  ],
  [
    'not-asked',
    'head-end',
    '尚未召测到',
    'It was not asked yet',
    '等待补采，或检查通道负荷',
    'Wait for it, or look at the load of the channel',
  ],
] as const satisfies readonly (readonly [string, FaultClass, string, string, string, string])[]

export type Cause = (typeof rows)[number][0]

export const causes: readonly Cause[] = rows.map(([cause]) => cause)

const texts = new Map<string, CauseText>(
  rows.map(([cause, faultClass, zh, en, todoZh, todoEn]) => [
    cause,
    { class: faultClass, zh, en, todoZh, todoEn },
  ]),
)

export function textOf(cause: Cause): CauseText {
  const text = texts.get(cause)
  if (!text) throw new Error(`invariant broken: ${cause} has no text`)
  return text
}
