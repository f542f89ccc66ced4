import { items } from '#protocols/model'
import type { Condition, Mapping, PhaseCodes, Section, Tag, ValueRow } from './mapping.ts'

const phaseVoltage: PhaseCodes = ['32.7.0', '52.7.0', '72.7.0']
const phaseCurrent: PhaseCodes = ['31.7.0', '51.7.0', '71.7.0']
const phasePower: PhaseCodes = ['36.7.0', '56.7.0', '76.7.0']
const phaseReactive: PhaseCodes = ['151.7.0', '171.7.0', '191.7.0']
const phaseApparent: PhaseCodes = ['29.7.0', '49.7.0', '69.7.0']
const phaseFactor: PhaseCodes = ['33.7.0', '53.7.0', '73.7.0']
const phaseImport: PhaseCodes = ['21.8.0', '41.8.0', '61.8.0']
const phaseExport: PhaseCodes = ['22.8.0', '42.8.0', '62.8.0']

const tasmotaRows: readonly ValueRow[] = [
  ['Total', 'kWh', '1.8.0', phaseImport],
  ['ExportActive', 'kWh', '2.8.0', phaseExport],
  ['Power', 'W', '16.7.0', phasePower],
  ['ApparentPower', 'VA', '9.7.0', phaseApparent],
  ['ReactivePower', 'var', '131.7.0', phaseReactive],
  ['Factor', '', '13.7.0', phaseFactor],
  ['Frequency', 'Hz', '14.7.0'],
  ['Voltage', 'V', '32.7.0', phaseVoltage],
  ['Current', 'A', '31.7.0', phaseCurrent],
]

/** Tasmota's telemetry; its topic order can be turned round by the FullTopic setting. */
function tasmota(topic: string, root: string): Mapping {
  const section = { path: `${root}ENERGY`, device: '{device}', required: false, rows: tasmotaRows }
  const time = { path: `${root}Time`, form: 'iso' } as const
  return { family: 'tasmota', topic, form: { kind: 'sections', time, sections: [section] } }
}

/** Shelly Gen2 and later, three-phase measurement. */
const emRows: readonly ValueRow[] = [
  ['total_act_power', 'W', '16.7.0'],
  ['total_aprt_power', 'VA', '9.7.0'],
  ['a_voltage', 'V', '32.7.0'],
  ['b_voltage', 'V', '52.7.0'],
  ['c_voltage', 'V', '72.7.0'],
  ['a_current', 'A', '31.7.0'],
  ['b_current', 'A', '51.7.0'],
  ['c_current', 'A', '71.7.0'],
  ['n_current', 'A', '91.7.0'],
  ['a_act_power', 'W', '36.7.0'],
  ['b_act_power', 'W', '56.7.0'],
  ['c_act_power', 'W', '76.7.0'],
  ['a_aprt_power', 'VA', '29.7.0'],
  ['b_aprt_power', 'VA', '49.7.0'],
  ['c_aprt_power', 'VA', '69.7.0'],
  ['a_pf', '', '33.7.0'],
  ['b_pf', '', '53.7.0'],
  ['c_pf', '', '73.7.0'],
  ['a_freq', 'Hz', '14.7.0'],
]

/** Three-phase energy counters. */
const emDataRows: readonly ValueRow[] = [
  ['total_act', 'Wh', '1.8.0'],
  ['total_act_ret', 'Wh', '2.8.0'],
  ['a_total_act_energy', 'Wh', '21.8.0'],
  ['b_total_act_energy', 'Wh', '41.8.0'],
  ['c_total_act_energy', 'Wh', '61.8.0'],
  ['a_total_act_ret_energy', 'Wh', '22.8.0'],
  ['b_total_act_ret_energy', 'Wh', '42.8.0'],
  ['c_total_act_ret_energy', 'Wh', '62.8.0'],
]

/** One clamp of a single-phase meter. */
const em1Rows: readonly ValueRow[] = [
  ['act_power', 'W', '16.7.0'],
  ['aprt_power', 'VA', '9.7.0'],
  ['voltage', 'V', '32.7.0'],
  ['current', 'A', '31.7.0'],
  ['pf', '', '13.7.0'],
  ['freq', 'Hz', '14.7.0'],
]

const em1DataRows: readonly ValueRow[] = [
  ['total_act_energy', 'Wh', '1.8.0'],
  ['total_act_ret_energy', 'Wh', '2.8.0'],
]

/** A metering relay or plug, without its energies. */
const switchRows: readonly ValueRow[] = [
  ['apower', 'W', '16.7.0'],
  ['voltage', 'V', '32.7.0'],
  ['current', 'A', '31.7.0'],
  ['pf', '', '13.7.0'],
  ['freq', 'Hz', '14.7.0'],
]
const oneWayRows: readonly ValueRow[] = [['aenergy.total', 'Wh', '1.8.0'], ...switchRows]
/** With a counter for returned energy, `aenergy` counts both directions together. */
const twoWayRows: readonly ValueRow[] = [
  ['aenergy.total', 'Wh', '15.8.0'],
  ['ret_aenergy.total', 'Wh', '2.8.0'],
  ...switchRows,
]

interface ShellyComponent {
  readonly name: string
  /** A device with several single-phase clamps is several meters. */
  readonly device: string
  /** A relay without metering has the same topic as one with, so it promises nothing. */
  readonly required: boolean
  readonly variants: readonly Pick<Section, 'rows' | 'when'>[]
}

const returned = 'ret_aenergy'
const metering: ShellyComponent['variants'] = [
  { rows: oneWayRows, when: [{ path: returned, present: false }] },
  { rows: twoWayRows, when: [{ path: returned, present: true }] },
]

const shellyComponents: readonly ShellyComponent[] = [
  { name: 'em:{n}', device: '{device}', required: true, variants: [{ rows: emRows }] },
  { name: 'emdata:{n}', device: '{device}', required: true, variants: [{ rows: emDataRows }] },
  { name: 'em1:{n}', device: '{device}/em1:{n}', required: true, variants: [{ rows: em1Rows }] },
  {
    name: 'em1data:{n}',
    device: '{device}/em1:{n}',
    required: true,
    variants: [{ rows: em1DataRows }],
  },
  { name: 'pm1:{n}', device: '{device}/pm1:{n}', required: true, variants: metering },
  { name: 'switch:{n}', device: '{device}/switch:{n}', required: false, variants: metering },
]

const shellyStatus: readonly Mapping[] = shellyComponents.map((component) => {
  const { name, device, required, variants } = component
  const sections = variants.map((variant) => ({ path: '', device, required, ...variant }))
  const topic = `{device}/status/${name}`
  return { family: 'shelly', topic, form: { kind: 'sections', time: null, sections } }
})

/** NotifyStatus and NotifyFullStatus: whatever changed, all components in one payload. */
const shellyEvents: Mapping = {
  family: 'shelly-events',
  topic: '{device}/events/rpc',
  form: {
    kind: 'sections',
    time: { path: 'params.ts', form: 'epoch-s' },
    sections: shellyComponents.flatMap(({ name, device, variants }) => {
      return variants.map((variant) => {
        return { path: `params.${name}`, device, required: false, ...variant }
      })
    }),
  },
}

/** Shelly Gen1 (3EM): one number for each topic. */
function shellyGen1(quantity: string, unit: string, phases: PhaseCodes): Mapping {
  const topic = `shellies/{device}/emeter/{n}/${quantity}`
  return { family: 'shelly-gen1', topic, form: { kind: 'number', unit, phases } }
}

/** Zigbee2MQTT: what one device may publish, whether it has one phase or three. */
const zigbeeRows: readonly ValueRow[] = [
  ['voltage', 'V', '32.7.0'],
  ['voltage_phase_b', 'V', '52.7.0'],
  ['voltage_phase_c', 'V', '72.7.0'],
  ['current', 'A', '31.7.0'],
  ['current_phase_b', 'A', '51.7.0'],
  ['current_phase_c', 'A', '71.7.0'],
  ['current_neutral', 'A', '91.7.0'],
  ['ac_frequency', 'Hz', '14.7.0'],
]

const zigbeeTotalRows: readonly ValueRow[] = [
  ['energy', 'kWh', '1.8.0'],
  ['produced_energy', 'kWh', '2.8.0'],
  ['power', 'W', '16.7.0'],
  ['power_apparent', 'VA', '9.7.0'],
  ['power_reactive', 'var', '131.7.0'],
  ['power_factor', '', '13.7.0'],
]

/** With powers of B and C, `power` is that of A; whose `energy` is, devices do not agree on. */
const zigbeePhaseRows: readonly ValueRow[] = [
  ['power', 'W', '36.7.0'],
  ['power_phase_b', 'W', '56.7.0'],
  ['power_phase_c', 'W', '76.7.0'],
  ['power_apparent', 'VA', '29.7.0'],
  ['power_apparent_phase_b', 'VA', '49.7.0'],
  ['power_apparent_phase_c', 'VA', '69.7.0'],
  ['power_reactive', 'var', '151.7.0'],
  ['power_reactive_phase_b', 'var', '171.7.0'],
  ['power_reactive_phase_c', 'var', '191.7.0'],
  ['power_factor', '', '33.7.0'],
  ['power_factor_phase_b', '', '53.7.0'],
  ['power_factor_phase_c', '', '73.7.0'],
]

/** Only where C is there too: two letters alone are two clamps, not two phases. */
const zigbeeClampRows: readonly ValueRow[] = [
  ['voltage_a', 'V', '32.7.0'],
  ['voltage_b', 'V', '52.7.0'],
  ['voltage_c', 'V', '72.7.0'],
  ['current_a', 'A', '31.7.0'],
  ['current_b', 'A', '51.7.0'],
  ['current_c', 'A', '71.7.0'],
  ['power_a', 'W', '36.7.0'],
  ['power_b', 'W', '56.7.0'],
  ['power_c', 'W', '76.7.0'],
  ['power_factor_a', '', '33.7.0'],
  ['power_factor_b', '', '53.7.0'],
  ['power_factor_c', '', '73.7.0'],
]

/** Every Zigbee device has such a topic; a meter is what counts energy. */
const isZigbeeMeter: Condition = { path: 'energy', present: true }
const hasPhasePowers = 'power_phase_b'

const zigbee2mqtt: Mapping = {
  family: 'zigbee2mqtt',
  topic: 'zigbee2mqtt/{device}',
  form: {
    kind: 'sections',
    time: null,
    sections: [
      { rows: zigbeeRows, when: [isZigbeeMeter] },
      { rows: zigbeeTotalRows, when: [isZigbeeMeter, { path: hasPhasePowers, present: false }] },
      { rows: zigbeePhaseRows, when: [isZigbeeMeter, { path: hasPhasePowers, present: true }] },
      { rows: zigbeeClampRows, when: [isZigbeeMeter, { path: 'voltage_c', present: true }] },
    ].map((variant) => ({ path: '', device: '{device}', required: false, ...variant })),
  },
}

/** Neuron's tags named after the register model, each in the catalogue's unit. */
const registerTags: Readonly<Record<string, Tag>> = Object.fromEntries(
  items.map(({ code, unit }) => [code, { code, unit }]),
)

/** What of a Neuron application can be chosen. */
export interface NeuronSettings {
  /** Pattern of the upload topic. */
  readonly topic: string
  /** Template of the device id: `{$.node}`, or `{$.node}/{$.group}` where a group is a meter. */
  readonly device: string
  readonly tags: Readonly<Record<string, Tag>>
}

/** Neuron's values, tags and ECP formats, told apart by what the payload holds. */
export function neuronMapping(settings: Partial<NeuronSettings> = {}): Mapping {
  const { topic = '/neuron/{app}', device = '{$.node}', tags = registerTags } = settings
  const time = { path: 'timestamp', form: 'epoch-ms' } as const
  return { family: 'neuron', topic, form: { kind: 'tags', device, time, tags } }
}

/** Every family the product reads without being told anything. The first fitting topic counts. */
export const mappings: readonly Mapping[] = [
  { family: 'openhes', topic: 'openhes/v1/meters/{device}/readings', form: { kind: 'openhes' } },
  tasmota('tele/{device}/SENSOR', ''),
  tasmota('{device}/tele/SENSOR', ''),
  tasmota('stat/{device}/STATUS10', 'StatusSNS.'),
  shellyGen1('power', 'W', phasePower),
  shellyGen1('voltage', 'V', phaseVoltage),
  shellyGen1('current', 'A', phaseCurrent),
  shellyGen1('pf', '', phaseFactor),
  shellyGen1('total', 'Wh', phaseImport),
  shellyGen1('total_returned', 'Wh', phaseExport),
  ...shellyStatus,
  // A filter takes whole levels, so the status of Wi-Fi, cloud and system comes along.
  { family: 'shelly', topic: '{device}/status/{component}', form: { kind: 'nothing' } },
  shellyEvents,
  zigbee2mqtt,
  neuronMapping(),
  neuronMapping({ topic: '/neuron/{app}/upload' }),
]
