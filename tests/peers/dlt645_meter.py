"""DL/T 645-2007 without a line of ours: frames built and taken apart by hand with pyserial.

dlt645_meter.py explain         raw bytes on stdin, one JSON object for each frame in them
dlt645_meter.py ask PATH DI     asks the meter ADDRESS as a master and explains what comes back
dlt645_meter.py answer PATH     a meter that answers on a serial port as its table says
"""

import json
import sys

ADDRESS = "112233445566"
# Data identifier in display order: the data field that follows it, lowest byte first.
ANSWERS = {
    "00010000": bytes.fromhex("78563412"),  # 123456.78 kWh
    "02010100": bytes.fromhex("0423"),  # 230.4 V
    "02020100": bytes.fromhex("785604"),  # 45.678 A: XXX.XXX
    "02030000": bytes.fromhex("563492"),  # the top bit is the sign: -12.3456 kW
}
# What goes wrong for which identifier.
REFUSED, SPOILT, FOREIGN = "00020000", "02800002", "02010200"


def frame(address, control, data):
    body = b"\x68" + bytes.fromhex(address)[::-1] + b"\x68" + bytes([control, len(data)])
    body += bytes((byte + 0x33) & 0xFF for byte in data)
    return body + bytes([sum(body) & 0xFF, 0x16])


def frames(stream):
    """Every frame in a run of bytes, whatever lies between them."""
    at = 0
    while at + 12 <= len(stream):
        size = 12 + stream[at + 9]
        whole = stream[at : at + size]
        good = (
            len(whole) == size
            and whole[0] == whole[7] == 0x68
            and whole[-1] == 0x16
            and whole[-2] == sum(whole[:-2]) & 0xFF
        )
        if not good:
            at += 1
            continue
        plain = bytes((byte - 0x33) & 0xFF for byte in whole[10:-2])
        yield {
            "address": whole[6:0:-1].hex(),
            "control": f"{whole[8]:02x}",
            "dataId": plain[3::-1].hex(),
            "bcd": plain[:3:-1].hex(),
        }
        at += size


def answer(request):
    wanted, address = request["dataId"], request["address"]
    identifier = bytes.fromhex(wanted)[::-1]
    if wanted == REFUSED:
        return frame(address, 0xD1, b"\x02")
    if wanted == SPOILT:
        spoilt = bytearray(frame(address, 0x91, identifier + b"\x00\x50"))
        spoilt[-2] ^= 0x01
        return bytes(spoilt)
    if wanted == FOREIGN:
        return frame("999999999999", 0x91, identifier + b"\x04\x23")
    return frame(address, 0x91, identifier + ANSWERS[wanted]) if wanted in ANSWERS else b""


def port(path):
    import serial

    return serial.Serial(path, 2400, parity=serial.PARITY_EVEN, timeout=2)


def serve(path):
    line = port(path)
    print("answering", flush=True)
    heard = b""
    while True:
        heard += line.read(1)
        for request in frames(heard):
            heard = b""
            print(json.dumps(request), flush=True)
            if request["address"] == ADDRESS:
                said = answer(request)
                line.write(b"\xfe\xfe\xfe\xfe" + said if said else b"")


def ask(path, wanted):
    line = port(path)
    line.write(b"\xfe\xfe\xfe\xfe" + frame(ADDRESS, 0x11, bytes.fromhex(wanted)[::-1]))
    heard = b""
    while True:
        byte = line.read(1)
        if byte == b"":
            sys.exit("no answer")
        heard += byte
        for found in frames(heard):
            print(json.dumps(found))
            return


if sys.argv[1] == "explain":
    for found in frames(sys.stdin.buffer.read()):
        print(json.dumps(found))
elif sys.argv[1] == "ask":
    ask(sys.argv[2], sys.argv[3])
else:
    serve(sys.argv[2])
