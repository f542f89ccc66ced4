"""An Eastron SDM630 as pymodbus plays it, filled with float32 values packed here by hand.

modbus_slave.py tcp | rtu-tcp          prints the port it was given
modbus_slave.py serial PATH

Unit 1 is the meter, unit 7 another one; unit 9 is a place on a gateway where no device answers;
unit 11 is a SunSpec device whose meter stands behind three other models, unit 12 one that begins at
register 0 and speaks in floats; every other unit is silent. All of them identify themselves by
function 43/14, in more than one answer.
"""

import asyncio
import struct
import sys

from pymodbus.datastore import (
    ModbusSequentialDataBlock,
    ModbusServerContext,
    ModbusSlaveContext,
    ModbusSparseDataBlock,
)
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.exceptions import NoSuchSlaveException
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

# Input registers of the maker's table: number of the first (30001 is 0), value.
METER = {
    30001: 230.25,  # phase 1 line to neutral volts
    30003: 229.5,
    30005: 231.0,
    30007: 4.125,  # phase 1 current, A
    30013: 949.6875,  # phase 1 power, W
    30053: 2849.5,  # total system power, W
    30063: -0.875,  # total power factor
    30071: 49.98,  # frequency, Hz
    30073: 12345.678,  # total import, kWh
    30075: 0.5,  # total export, kWh
}
# Behind the end of this table the meter has no registers: exception 02.
REGISTERS = 0x0050


def registers(values):
    memory = bytearray(2 * REGISTERS)
    for number, value in values.items():
        struct.pack_into(">f", memory, 2 * (number - 30001), value)
    return list(struct.unpack(f">{REGISTERS}H", memory))


def slave(values):
    return ModbusSlaveContext(ir=ModbusSequentialDataBlock(0, registers(values)), zero_mode=True)


# Points of the models by their offset from the model's number, as SunSpec's tables have them.
WYE = {
    8: 2301,  # PhVphA, V_SF -1
    9: 0x8000,  # PhVphB, not implemented
    15: 0xFFFF,  # V_SF
    18: 0xFF85,  # W, -123, W_SF 1
    22: 1,  # W_SF
    46: 0x0012,  # TotWhImp, 1234567
    47: 0xD687,
    54: 0,  # TotWh_SF
}
FLOATS = {12: 230.25, 28: -2849.5, 68: 12345678.0}  # PhVphA, W, TotWhImp


def floats(values):
    words = {}
    for offset, value in values.items():
        words[offset], words[offset + 1] = struct.unpack(">2H", struct.pack(">f", value))
    return words


def sunspec(base, models):
    """"SunS", then each model's number, length and points, then the end marker."""
    words = {base: 0x5375, base + 1: 0x6E53}
    at = base + 2
    for number, length, points in models:
        words.update({at + offset: 0 for offset in range(length + 2)})
        words.update({at: number, at + 1: length})
        words.update({at + offset: word for offset, word in points.items()})
        at += length + 2
    words.update({at: 0xFFFF, at + 1: 0})
    return ModbusSlaveContext(hr=ModbusSparseDataBlock(words), zero_mode=True)


SUNSPEC = {
    11: sunspec(40000, [(1, 66, {}), (11, 13, {}), (160, 48, {}), (203, 105, WYE)]),
    12: sunspec(0, [(1, 65, {}), (213, 124, floats(FLOATS))]),
}

IDENTITY = ModbusDeviceIdentification(
    info={
        0x00: "OpenHES peers",
        0x01: "PYMODBUS",
        0x02: "3.0",
        0x04: "A meter that pymodbus plays",
        0x80: "a" * 120,
        0x81: "b" * 120,
    }
)


class Nobody(ModbusSlaveContext):
    """pymodbus answers for it with exception 0B, as a gateway does."""

    def validate(self, *_):
        raise NoSuchSlaveException("nobody there")


async def main():
    kind = sys.argv[1]
    other = {number: -value for number, value in METER.items()}
    slaves = {1: slave(METER), 7: slave(other), 9: Nobody(), **SUNSPEC}
    context = ModbusServerContext(slaves=slaves, single=False)
    if kind == "serial":
        server = ModbusSerialServer(
            context, ModbusRtuFramer, IDENTITY, port=sys.argv[2], baudrate=9600
        )
        await server.start()
        print("serving", flush=True)
        await server.serve_forever()
        return
    framer = ModbusRtuFramer if kind == "rtu-tcp" else ModbusSocketFramer
    server = ModbusTcpServer(context, framer, IDENTITY, address=("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve_forever())
    await server.serving
    print("serving on", server.server.sockets[0].getsockname()[1], flush=True)
    await serving


asyncio.run(main())
