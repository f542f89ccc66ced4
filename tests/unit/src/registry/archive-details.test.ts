import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { civilTime } from '#src/core'
import { parseArchive } from '#src/registry'

const civil = civilTime('Asia/Shanghai')

/** One meter with a usage point, an account, and these other columns. */
function parsed(cells: Readonly<Record<string, string>>) {
  const said = {
    ...{ 集中器: 'C1', 表地址: '1', 规约: 'dlt645-2007', 用电点: 'U1', 户号: 'A1' },
    ...cells,
  }
  const text = `${Object.keys(said).join(',')}\n${Object.values(said).join(',')}\n`
  return parseArchive(new TextEncoder().encode(text), civil)
}

function rowOf(cells: Readonly<Record<string, string>>) {
  const archive = parsed(cells)
  if (!archive.ok) throw new Error(JSON.stringify(archive.error))
  return archive.value[0]
}

const plate = {
  ...{ 变压器容量: '400', 空载损耗: '570', 负载损耗: '4520', 空载电流: '1.2', 阻抗电压: '4' },
}

describe('what else an archive may say', () => {
  test('is read by English and Chinese headings and words', () => {
    const row = rowOf({
      ...{ 区域: 'R1', 变电站: 'S1', 母线: 'B1', 线路: 'F1', 台区: 'T1', 电压等级: '10kV' },
      ...{ 计量点角色: '受电', 相别: 'B相', 经度: '121.4737', 纬度: '31.2304' },
      ...{ wiring: '三相四线', nominal_voltage: '220', 基本电流: '1.5', 最大电流: '6' },
      ...{ 示数位数: '6', 起始示数: '1.8.0=0012.30；2.8.0=0' },
      ...{ 合同编号: 'K1', 电价: 'E1', 行业分类: '3311', 合同容量: '0315.5', 分布式电源: '是' },
      ...plate,
    })
    expect(row).toMatchObject({
      ...{ region: 'R1', substation: 'S1', bus: 'B1', feeder: 'F1', voltage: 10_000 },
      ...{ role: 'receive', phase: 'B', longitude: 121.4737, latitude: 31.2304 },
      ...{ wiring: '3p4w', nominalVoltage: '220', basicCurrent: '1.5', maxCurrent: '6' },
      registerDigits: 6,
      opening: [
        { register: '1.8.0', digits: 1230n, scale: 2 },
        { register: '2.8.0', digits: 0n, scale: 0 },
      ],
      ...{ contract: 'K1', tariff: 'E1', trade: '3311', capacityKva: '315.5', generates: true },
      ...{ ratedKva: '400', noLoadLossW: '570', loadLossW: '4520' },
    })
  })

  test('says nothing where a cell is blank', () => {
    const row = rowOf({ role: '', phase: '', capacity_kva: '', generates: '', opening: '' })
    for (const name of ['role', 'phase', 'capacityKva', 'generates', 'opening']) {
      expect(row).not.toHaveProperty(name)
    }
  })

  test('is refused with its column where it cannot be meant', () => {
    const wrong: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
      [{ role: 'sale' }, 'role'],
      [{ voltage_level: 'high', feeder: 'F1', transformer: 'T1' }, 'voltage_level'],
      [{ voltage_level: '10kV' }, 'voltage_level'],
      [{ longitude: '181', latitude: '1' }, 'longitude'],
      [{ longitude: '1', latitude: '' }, 'longitude'],
      [{ basic_current: '10', max_current: '6' }, 'max_current'],
      [{ register_digits: '3' }, 'register_digits'],
      [{ opening: '1.8.0=1;1.8.0=2' }, 'opening'],
      [{ opening: '1.8.0=-1' }, 'opening'],
      [{ capacity_kva: '0.0' }, 'capacity_kva'],
      [{ generates: 'perhaps' }, 'generates'],
      [{ tariff: 'E1', 户号: '' }, 'tariff'],
      [{ rated_kva: '400' }, 'rated_kva'],
    ]
    for (const [cells, column] of wrong) {
      const archive = parsed(cells)
      const columns = archive.ok ? [] : archive.error.map((problem) => problem.column)
      expect(columns, JSON.stringify(cells)).toContain(column)
    }
  })

  test('keeps every digit of a register, whatever stands on it', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 999_999_999n), fc.nat(4), (digits, scale) => {
        const text = String(digits).padStart(scale + 1, '0')
        const whole = text.slice(0, text.length - scale)
        const written = scale === 0 ? whole : `${whole}.${text.slice(-scale)}`
        expect(rowOf({ opening: `1.8.0=${written}` })?.opening).toEqual([
          { register: '1.8.0', digits, scale },
        ])
      }),
    )
  })
})
