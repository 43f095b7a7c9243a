# Speaks for an independent implementation of MessagePack (Debian: python3-msgpack).
# `decode`: lines of hexadecimal bytes in, a line of description for each out. `encode`: the other way round.
# A description is one line of words:
#   nil  true  false  i:NUMBER  f32:BITS  f64:BITS  s:UTF8  b:BYTES  x:TYPE:BYTES  t:SECONDS:NANOSECONDS  [ items ]  { key value ... }
# Bits, text and bytes are hexadecimal. Decoded numbers of single precision arrive widened here, so they are described as f64.
import struct
import sys

import msgpack


class Pairs(list):
    """A map in the order of its encoding, whatever its keys are."""


def describe(value):
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return "i:%d" % value
    if isinstance(value, float):
        return "f64:" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s:" + value.encode("utf-8").hex()
    if isinstance(value, bytes):
        return "b:" + value.hex()
    if isinstance(value, msgpack.Timestamp):
        return "t:%d:%d" % (value.seconds, value.nanoseconds)
    if isinstance(value, msgpack.ExtType):
        return "x:%d:%s" % (value.code, value.data.hex())
    if isinstance(value, Pairs):
        return " ".join(["{"] + [describe(part) for pair in value for part in pair] + ["}"])
    if isinstance(value, list):
        return " ".join(["["] + [describe(item) for item in value] + ["]"])
    raise TypeError(type(value))


def extension(code, data):
    # The library hands out negative types like any other; only -1 is known to it by itself.
    return msgpack.ExtType(code, data) if code >= 0 else NegativeExtension(code, data)


class NegativeExtension(msgpack.ExtType):
    def __new__(cls, code, data):
        return tuple.__new__(cls, (code, data))


def decode(encoded):
    return msgpack.unpackb(
        encoded, raw=False, strict_map_key=False, object_pairs_hook=Pairs, ext_hook=extension, timestamp=0)


PACKER = msgpack.Packer(use_bin_type=True)
SINGLE_PACKER = msgpack.Packer(use_single_float=True)


def encode(word, words):
    kind, _, rest = word.partition(":")
    if word == "nil":
        return PACKER.pack(None)
    if word in ("true", "false"):
        return PACKER.pack(word == "true")
    if kind == "i":
        return PACKER.pack(int(rest))
    if kind == "f32":
        return SINGLE_PACKER.pack(struct.unpack(">f", bytes.fromhex(rest))[0])
    if kind == "f64":
        return PACKER.pack(struct.unpack(">d", bytes.fromhex(rest))[0])
    if kind == "s":
        return PACKER.pack(bytes.fromhex(rest).decode("utf-8"))
    if kind == "b":
        return PACKER.pack(bytes.fromhex(rest))
    if kind == "t":
        seconds, nanoseconds = rest.split(":")
        return PACKER.pack(msgpack.Timestamp(int(seconds), int(nanoseconds)))
    if kind == "x":
        code, data = rest.split(":")
        return PACKER.pack(extension(int(code), bytes.fromhex(data)))
    if word in ("[", "{"):
        parts = []
        close = "]" if word == "[" else "}"
        for part in iter(words.__next__, close):
            parts.append(encode(part, words))
        header = PACKER.pack_array_header(len(parts)) if word == "[" else PACKER.pack_map_header(len(parts) // 2)
        return header + b"".join(parts)
    raise ValueError(word)


def main():
    for line in sys.stdin:
        if sys.argv[1] == "decode":
            print(describe(decode(bytes.fromhex(line))))
        else:
            words = iter(line.split())
            print(encode(next(words), words).hex())


main()
