import { wordsOf as wiringWordsOf } from '#src/wiring-check'

interface Words {
  readonly en: string
  readonly zh: string
  readonly doEn: string
  readonly doZh: string
}

/** What each remark means, and what to do about it. */
const rows: readonly (readonly [string, string, string, string, string])[] = [
  [
    'archive.missing',
    'In the archive, but it did not answer',
    '档案有、未搜到',
    'Check its address and supply; if it is gone, retire it.',
    '核对地址与供电；如已拆除，请销户。',
  ],
  [
    'archive.not-adopted',
    'Found, but not in the archive',
    '已搜到、档案无',
    'Adopt it, with its usage point.',
    '纳入档案并指定计量点。',
  ],
  [
    'archive.moved',
    'The archive has it on another channel',
    '档案在其他通道',
    'Correct the archive, or find out who has its address.',
    '更正档案，或查找地址重复的表。',
  ],
  [
    'archive.duplicate',
    'Found more than once',
    '地址重复',
    'Two meters have one address: give one of them its own.',
    '两只表地址相同：请改正其中一只。',
  ],
  [
    'meter.silent',
    'It does not answer',
    '无应答',
    'Check supply, wiring of the bus and speed.',
    '检查供电、485接线及波特率。',
  ],
  [
    'meter.other-edition',
    'It speaks the other edition of DL/T 645',
    '规约版本不符',
    'Correct the protocol in the archive.',
    '更正档案中的规约。',
  ],
  [
    'meter.garbled',
    'What it says arrives damaged',
    '应答报文损坏',
    'Look for noise on the line, or a second master.',
    '检查线路干扰或是否有第二主站。',
  ],
  [
    'meter.refuses',
    'It refuses to answer',
    '拒绝应答',
    'Check password, keys and profile.',
    '检查密码、密钥及型号配置。',
  ],
  [
    'channel.offline',
    'Its channel is not connected',
    '通道不在线',
    'Bring the channel up and try again.',
    '恢复通道后重试。',
  ],
  [
    'register.absent',
    'It has no total energy',
    '无总电能示值',
    'Check the protocol and profile.',
    '检查规约与型号配置。',
  ],
  [
    'register.fell',
    'Its register is below what was read before',
    '示数小于历史值',
    'Find out whether the meter was replaced.',
    '查明是否换表。',
  ],
  [
    'clock.off',
    'Its clock is more than a minute off',
    '时钟偏差超过1分钟',
    'Correct the clock.',
    '校时。',
  ],
  [
    'clock.wrong',
    'Its clock is at least a quarter of an hour off',
    '时钟偏差达15分钟',
    'Correct the clock with leave, or replace the meter.',
    '经批准校时或换表。',
  ],
  [
    'clock.impossible',
    'Its clock tells no possible time',
    '时钟无效',
    'Set the clock, or replace the meter.',
    '校时或换表。',
  ],
]

const byCode = new Map(rows.map(([code, en, zh, doEn, doZh]) => [code, { en, zh, doEn, doZh }]))

export function wordsOf(code: string): Words {
  const own = byCode.get(code)
  if (own !== undefined) return own
  const wiring = wiringWordsOf(code.replace(/^wiring\./, ''))
  return wiring ?? { en: code, zh: code, doEn: '', doZh: '' }
}
