/**
 * The register model (寄存器模型): every quantity the product can hold, in one table. A code is the
 * reduced OBIS code (IEC 62056-61, C.D.E with A-B = 1-0; codes of A = 0 are written whole). Codes
 * never change once released. *Import* means from the grid to the customer. Power is signed: the
 * net codes 16.7.0 (active) and 131.7.0 (reactive) carry DL/T 645's sign, import positive.
 * Where the Blue Book has no code for a State Grid quantity the remark says which one stands in.
 */
const rows = [
  // code        English                                     Chinese              unit     kind
  ['1.8.0', 'Active energy import, total', '正向有功总电能', 'kWh', 'register'],
  ['1.8.1', 'Active energy import, rate 1', '正向有功费率1电能', 'kWh', 'register'],
  ['1.8.2', 'Active energy import, rate 2', '正向有功费率2电能', 'kWh', 'register'],
  ['1.8.3', 'Active energy import, rate 3', '正向有功费率3电能', 'kWh', 'register'],
  ['1.8.4', 'Active energy import, rate 4', '正向有功费率4电能', 'kWh', 'register'],
  ['1.8.5', 'Active energy import, rate 5', '正向有功费率5电能', 'kWh', 'register'],
  ['1.8.6', 'Active energy import, rate 6', '正向有功费率6电能', 'kWh', 'register'],
  ['1.8.7', 'Active energy import, rate 7', '正向有功费率7电能', 'kWh', 'register'],
  ['1.8.8', 'Active energy import, rate 8', '正向有功费率8电能', 'kWh', 'register'],
  ['2.8.0', 'Active energy export, total', '反向有功总电能', 'kWh', 'register'],
  ['2.8.1', 'Active energy export, rate 1', '反向有功费率1电能', 'kWh', 'register'],
  ['2.8.2', 'Active energy export, rate 2', '反向有功费率2电能', 'kWh', 'register'],
  ['2.8.3', 'Active energy export, rate 3', '反向有功费率3电能', 'kWh', 'register'],
  ['2.8.4', 'Active energy export, rate 4', '反向有功费率4电能', 'kWh', 'register'],
  ['2.8.5', 'Active energy export, rate 5', '反向有功费率5电能', 'kWh', 'register'],
  ['2.8.6', 'Active energy export, rate 6', '反向有功费率6电能', 'kWh', 'register'],
  ['2.8.7', 'Active energy export, rate 7', '反向有功费率7电能', 'kWh', 'register'],
  ['2.8.8', 'Active energy export, rate 8', '反向有功费率8电能', 'kWh', 'register'],
  // 组合有功: which directions it combines is a setting of the meter; 15.8 is the nearest code.
  ['15.8.0', 'Combined active energy, total', '组合有功总电能', 'kWh', 'register'],
  ['15.8.1', 'Combined active energy, rate 1', '组合有功费率1电能', 'kWh', 'register'],
  ['15.8.2', 'Combined active energy, rate 2', '组合有功费率2电能', 'kWh', 'register'],
  ['15.8.3', 'Combined active energy, rate 3', '组合有功费率3电能', 'kWh', 'register'],
  ['15.8.4', 'Combined active energy, rate 4', '组合有功费率4电能', 'kWh', 'register'],
  // 组合无功 1 and 2: by default quadrants I+IV and II+III; 3.8 and 4.8 are the nearest codes.
  ['3.8.0', 'Combined reactive energy 1, total', '组合无功1总电能', 'kvarh', 'register'],
  ['3.8.1', 'Combined reactive energy 1, rate 1', '组合无功1费率1电能', 'kvarh', 'register'],
  ['3.8.2', 'Combined reactive energy 1, rate 2', '组合无功1费率2电能', 'kvarh', 'register'],
  ['3.8.3', 'Combined reactive energy 1, rate 3', '组合无功1费率3电能', 'kvarh', 'register'],
  ['3.8.4', 'Combined reactive energy 1, rate 4', '组合无功1费率4电能', 'kvarh', 'register'],
  ['4.8.0', 'Combined reactive energy 2, total', '组合无功2总电能', 'kvarh', 'register'],
  ['4.8.1', 'Combined reactive energy 2, rate 1', '组合无功2费率1电能', 'kvarh', 'register'],
  ['4.8.2', 'Combined reactive energy 2, rate 2', '组合无功2费率2电能', 'kvarh', 'register'],
  ['4.8.3', 'Combined reactive energy 2, rate 3', '组合无功2费率3电能', 'kvarh', 'register'],
  ['4.8.4', 'Combined reactive energy 2, rate 4', '组合无功2费率4电能', 'kvarh', 'register'],
  ['5.8.0', 'Reactive energy quadrant I, total', '第一象限无功总电能', 'kvarh', 'register'],
  ['6.8.0', 'Reactive energy quadrant II, total', '第二象限无功总电能', 'kvarh', 'register'],
  ['7.8.0', 'Reactive energy quadrant III, total', '第三象限无功总电能', 'kvarh', 'register'],
  ['8.8.0', 'Reactive energy quadrant IV, total', '第四象限无功总电能', 'kvarh', 'register'],
  ['9.8.0', 'Apparent energy import, total', '正向视在总电能', 'kVAh', 'register'],
  ['10.8.0', 'Apparent energy export, total', '反向视在总电能', 'kVAh', 'register'],
  ['21.8.0', 'Active energy import, phase A', 'A相正向有功电能', 'kWh', 'register'],
  ['41.8.0', 'Active energy import, phase B', 'B相正向有功电能', 'kWh', 'register'],
  ['61.8.0', 'Active energy import, phase C', 'C相正向有功电能', 'kWh', 'register'],
  ['22.8.0', 'Active energy export, phase A', 'A相反向有功电能', 'kWh', 'register'],
  ['42.8.0', 'Active energy export, phase B', 'B相反向有功电能', 'kWh', 'register'],
  ['62.8.0', 'Active energy export, phase C', 'C相反向有功电能', 'kWh', 'register'],

  ['1.6.0', 'Maximum demand import, total', '正向有功总最大需量', 'kW', 'demand'],
  ['1.6.1', 'Maximum demand import, rate 1', '正向有功费率1最大需量', 'kW', 'demand'],
  ['1.6.2', 'Maximum demand import, rate 2', '正向有功费率2最大需量', 'kW', 'demand'],
  ['1.6.3', 'Maximum demand import, rate 3', '正向有功费率3最大需量', 'kW', 'demand'],
  ['1.6.4', 'Maximum demand import, rate 4', '正向有功费率4最大需量', 'kW', 'demand'],
  ['2.6.0', 'Maximum demand export, total', '反向有功总最大需量', 'kW', 'demand'],
  ['3.6.0', 'Maximum demand reactive 1, total', '组合无功1总最大需量', 'kvar', 'demand'],
  ['4.6.0', 'Maximum demand reactive 2, total', '组合无功2总最大需量', 'kvar', 'demand'],

  ['16.7.0', 'Active power, total', '总有功功率', 'kW', 'instant'],
  ['36.7.0', 'Active power, phase A', 'A相有功功率', 'kW', 'instant'],
  ['56.7.0', 'Active power, phase B', 'B相有功功率', 'kW', 'instant'],
  ['76.7.0', 'Active power, phase C', 'C相有功功率', 'kW', 'instant'],
  ['131.7.0', 'Reactive power, total', '总无功功率', 'kvar', 'instant'],
  ['151.7.0', 'Reactive power, phase A', 'A相无功功率', 'kvar', 'instant'],
  ['171.7.0', 'Reactive power, phase B', 'B相无功功率', 'kvar', 'instant'],
  ['191.7.0', 'Reactive power, phase C', 'C相无功功率', 'kvar', 'instant'],
  ['9.7.0', 'Apparent power, total', '总视在功率', 'kVA', 'instant'],
  ['29.7.0', 'Apparent power, phase A', 'A相视在功率', 'kVA', 'instant'],
  ['49.7.0', 'Apparent power, phase B', 'B相视在功率', 'kVA', 'instant'],
  ['69.7.0', 'Apparent power, phase C', 'C相视在功率', 'kVA', 'instant'],
  ['32.7.0', 'Voltage, phase A', 'A相电压', 'V', 'instant'],
  ['52.7.0', 'Voltage, phase B', 'B相电压', 'V', 'instant'],
  ['72.7.0', 'Voltage, phase C', 'C相电压', 'V', 'instant'],
  ['31.7.0', 'Current, phase A', 'A相电流', 'A', 'instant'],
  ['51.7.0', 'Current, phase B', 'B相电流', 'A', 'instant'],
  ['71.7.0', 'Current, phase C', 'C相电流', 'A', 'instant'],
  ['91.7.0', 'Current, neutral', '零线电流', 'A', 'instant'],
  ['13.7.0', 'Power factor, total', '总功率因数', '', 'instant'],
  ['33.7.0', 'Power factor, phase A', 'A相功率因数', '', 'instant'],
  ['53.7.0', 'Power factor, phase B', 'B相功率因数', '', 'instant'],
  ['73.7.0', 'Power factor, phase C', 'C相功率因数', '', 'instant'],
  ['14.7.0', 'Frequency', '频率', 'Hz', 'instant'],
  ['81.7.40', 'Phase angle, phase A', 'A相相角', '°', 'instant'],
  ['81.7.51', 'Phase angle, phase B', 'B相相角', '°', 'instant'],
  ['81.7.62', 'Phase angle, phase C', 'C相相角', '°', 'instant'],
  ['32.7.124', 'Voltage distortion, phase A', 'A相电压波形失真度', '%', 'instant'],
  ['52.7.124', 'Voltage distortion, phase B', 'B相电压波形失真度', '%', 'instant'],
  ['72.7.124', 'Voltage distortion, phase C', 'C相电压波形失真度', '%', 'instant'],
  ['31.7.124', 'Current distortion, phase A', 'A相电流波形失真度', '%', 'instant'],
  ['51.7.124', 'Current distortion, phase B', 'B相电流波形失真度', '%', 'instant'],
  ['71.7.124', 'Current distortion, phase C', 'C相电流波形失真度', '%', 'instant'],
  // 一分钟有功总平均功率: an average of one minute has no code; 16.24.0 (average 1) stands in.
  ['16.24.0', 'Active power, 1-minute average', '一分钟有功总平均功率', 'kW', 'instant'],
  ['1.4.0', 'Active demand, present', '当前有功需量', 'kW', 'instant'],
  ['3.4.0', 'Reactive demand, present', '当前无功需量', 'kvar', 'instant'],
  ['9.4.0', 'Apparent demand, present', '当前视在需量', 'kVA', 'instant'],
  ['0.0.96.9.0', 'Temperature inside the meter', '表内温度', '°C', 'instant'],
  ['0.0.96.6.3', 'Clock battery voltage', '时钟电池电压', 'V', 'instant'],
  ['0.0.96.6.4', 'Meter-reading battery voltage', '停电抄表电池电压', 'V', 'instant'],
  ['0.0.96.6.0', 'Battery running time', '内部电池工作时间', 'min', 'instant'],

  // 费控: what a prepaid meter holds itself. OBIS has no code, so D = 128 (manufacturer's) is taken.
  ['0.0.128.1.0', 'Remaining energy', '剩余电量', 'kWh', 'instant'],
  ['0.0.128.1.1', 'Overdraft energy', '透支电量', 'kWh', 'instant'],
  ['0.0.128.2.0', 'Remaining money', '剩余金额', 'CNY', 'instant'],
  ['0.0.128.2.1', 'Overdraft money', '透支金额', 'CNY', 'instant'],

  // What the meter itself is set to; the ratios that bill are those of the archive.
  ['0.4.2', 'Current transformer ratio', '电流互感器变比', '', 'instant'],
  ['0.4.3', 'Voltage transformer ratio', '电压互感器变比', '', 'instant'],

  ['0.0.1.0.0', 'Clock', '时钟', '', 'state'],
  ['0.9.1', 'Local time', '时间', '', 'state'],
  ['0.9.2', 'Local date', '日期', '', 'state'],
  ['0.0.96.1.0', 'Meter number', '表号', '', 'state'],
  ['0.0.96.1.1', 'Communication address', '通信地址', '', 'state'],
  ['0.0.96.1.2', 'Asset number', '资产管理编码', '', 'state'],
  ['0.0.96.3.10', 'Relay state', '继电器状态', '', 'state'],
  ['0.0.96.5.1', 'Run status word 1', '电表运行状态字1', '', 'state'],
  ['0.0.96.5.2', 'Run status word 2', '电表运行状态字2', '', 'state'],
  ['0.0.96.5.3', 'Run status word 3', '电表运行状态字3', '', 'state'],
  ['0.0.96.5.4', 'Run status word 4', '电表运行状态字4', '', 'state'],
  ['0.0.96.5.5', 'Run status word 5', '电表运行状态字5', '', 'state'],
  ['0.0.96.5.6', 'Run status word 6', '电表运行状态字6', '', 'state'],
  ['0.0.96.5.7', 'Run status word 7', '电表运行状态字7', '', 'state'],
] as const

/** How a quantity behaves: a register only grows, an instant is a moment's value. */
export type ItemKind = 'register' | 'demand' | 'instant' | 'state' | 'event'

/** A code of the register model, e.g. `1.8.0`. */
export type ItemCode = (typeof rows)[number][0]

/** One quantity of the register model. `unit` is '' where there is none. */
export interface Item {
  readonly code: ItemCode
  readonly en: string
  readonly zh: string
  readonly unit: string
  readonly kind: ItemKind
}

/** The whole catalogue, in the order of the table. */
export const items: readonly Item[] = rows.map(([code, en, zh, unit, kind]) => ({
  code,
  en,
  zh,
  unit,
  kind,
}))

const byCode = new Map<string, Item>(items.map((item) => [item.code, item]))

/** The catalogue's entry for a code a person typed, or undefined. */
export function itemOf(code: string): Item | undefined {
  return byCode.get(code)
}
