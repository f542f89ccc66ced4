import type { FindingCode } from './types.ts'

interface Words {
  readonly en: string
  readonly zh: string
  readonly doEn: string
  readonly doZh: string
}

/** What each finding means and what to do about it, for whoever stands before the meter. */
const rows: readonly (readonly [FindingCode, string, string, string, string])[] = [
  // code, English, Chinese, what to do
  [
    'voltage.phase-missing',
    'A phase has no voltage',
    '断相',
    'Check fuse, terminal and voltage lead of this phase.',
    '检查该相熔断器、端子及电压线。',
  ],
  [
    'voltage.lost',
    'A phase lost its voltage while current flows',
    '失压',
    'Energy is not counted: check the voltage lead, the link and the seal of this phase.',
    '电量少计：检查该相电压线、连片和封印。',
  ],
  [
    'voltage.low',
    'A voltage is below its band',
    '电压偏低',
    'Measure at the terminal; if it is low there too, tell the network.',
    '在端子处测量；如同样偏低，报运维处理。',
  ],
  [
    'voltage.high',
    'A voltage is above its band',
    '电压偏高',
    'Measure at the terminal and check the neutral.',
    '在端子处测量并检查零线。',
  ],
  [
    'voltage.neutral-on-phase',
    'The neutral hangs on the terminal of a phase',
    '零线与相线接反',
    'Switch off at once and change neutral and phase at the terminal block.',
    '立即停电，对调接线端子上的零线与相线。',
  ],
  [
    'voltage.neutral-open',
    'The neutral is interrupted',
    '零线断开',
    'Switch off and restore the neutral: single-phase devices are in danger.',
    '停电并恢复零线：单相设备有损坏危险。',
  ],
  [
    'voltage.sequence',
    'The voltages come in the wrong order (A-C-B)',
    '电压逆相序',
    'Exchange two voltage leads, each with its current.',
    '成对调换任意两相的电压线及其电流线。',
  ],
  [
    'current.lost',
    'A phase has no current while others have',
    '失流',
    'Check for a shorted or open current transformer or a by-pass; it may also be that nobody uses this phase.',
    '检查电流互感器是否短接、开路或旁路；也可能该相无负荷。',
  ],
  [
    'current.sequence',
    'The meter says that its currents come in the wrong order',
    '电流逆相序',
    'See which currents hang on the wrong element.',
    '查明哪些电流接错元件。',
  ],
  [
    'current.reversed',
    'A current transformer is the wrong way round',
    '电流互感器极性接反',
    'Exchange the two secondary leads (S1, S2) of this phase, or turn the transformer.',
    '对调该相互感器二次侧S1、S2，或将互感器调向。',
  ],
  [
    'current.wrong-phase',
    'A current is paired with the voltage of another phase',
    '电流电压不同相',
    'Bring the current of each phase to the element of its own voltage.',
    '将各相电流接到本相电压所在的元件。',
  ],
  [
    'current.ambiguous',
    'Several connections explain what was measured',
    '存在多种可能接线',
    'Check again under another load, or with a clamp meter phase by phase.',
    '在其他负荷下复测，或用钳形表逐相核对。',
  ],
  [
    'current.unexplained',
    'No connection of the currents explains the angles',
    '接线无法解释所测相角',
    'The load is far from the usual power factor, or a voltage and a current are wrong at once: measure on the spot.',
    '负荷功率因数异常，或电压电流同时接错：请现场测量。',
  ],
  [
    'current.too-small',
    'Too little current to judge',
    '电流过小，无法判断',
    'Switch on a load of at least 20 W on this phase and check again.',
    '在该相投入20瓦以上负荷后复测。',
  ],
  [
    'current.neutral',
    'The current of the neutral differs from that of the phase',
    '零线与相线电流不一致',
    'Look for a second neutral, a leak to earth or a by-pass of the meter.',
    '检查是否共零、漏电或绕越电能表。',
  ],
  [
    'power.feeds-in',
    'Power flows towards the grid',
    '功率反向',
    'Right where the customer generates; otherwise the current is the wrong way round.',
    '有发电时正常；否则电流接反。',
  ],
  [
    'power.inconsistent',
    'Power is not voltage times current times power factor',
    '功率与电压、电流、功率因数不符',
    'Read again; if it stays so, replace the meter.',
    '复测；如仍不符，更换电能表。',
  ],
  [
    'power.sum',
    'The total power is not the sum of the phases',
    '总功率与各相之和不符',
    'Read again; if it stays so, replace the meter.',
    '复测；如仍不符，更换电能表。',
  ],
  [
    'register.stuck',
    'The register stands still under load',
    '有负荷但示数不走',
    'Read again later; if it stays so, replace the meter.',
    '稍后复测；如仍不走，更换电能表。',
  ],
  [
    'register.running-away',
    'The register grows faster than the load allows',
    '示数飞走',
    'Check the ratio and the constant; if right, replace the meter.',
    '核对变比和常数；如无误，更换电能表。',
  ],
  [
    'register.fell',
    'The register fell',
    '示数下降',
    'Find out whether the meter was replaced or reset.',
    '查明是否换表或清零。',
  ],
  [
    'nothing-measured',
    'The meter gave neither voltage nor current',
    '未测得电压电流',
    'Check that it answers and that its protocol has these items.',
    '检查电表是否应答、其规约是否含这些数据项。',
  ],
]

const byCode = new Map<string, Words>(
  rows.map(([code, en, zh, doEn, doZh]) => [code, { en, zh, doEn, doZh }]),
)

/** Undefined for a code that is none of ours. */
export const wordsOf = (code: string): Words | undefined => byCode.get(code)
