"""Opens vectors of SF1 (docs/formats.md) with a stock AES (python3-cryptography) and nothing of ours.
decrypt.py sf1.json sf1-02.json sf1-11.json sf1-21.json: a line of JSON each, what was sealed or "refused"."""
import base64, hashlib, hmac, json, struct, sys
from datetime import datetime, timedelta
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def pae(*parts):
    return struct.pack(">I", len(parts)) + b"".join(struct.pack(">I", len(p)) + p for p in parts)


def mac(key, data, digest="sha256"):
    return hmac.new(key, data, digest).digest()


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def open_body(key, body, aad, committed):
    """Suites 01, 02 and 11: XAES-256-GCM, with or without a key commitment."""
    ecb = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    zero = int.from_bytes(ecb.update(bytes(16)), "big") << 1
    k1 = ((zero & (2**128 - 1)) ^ (0x87 if zero >> 128 else 0)).to_bytes(16, "big")
    first, second, rest = body[:12], body[12:24], body[24:]
    message_key = b"".join(ecb.update(xor(bytes([0, i, 0x58, 0]) + first, k1)) for i in (1, 2))
    if committed:
        x = xor(ecb.update(b"XCMT" + first), k1)
        commitment = b"".join(ecb.update(xor(x, second + bytes([0, 1, 0, i]))) for i in (1, 2))
        if not hmac.compare_digest(commitment, rest[:32]):
            raise ValueError("another key")
        rest = rest[32:]
    return AESGCM(message_key).decrypt(second, rest, aad)


def open_stream(key, body, context):
    """Suite 21: C2SP Cobblestone-256."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + body[:24] + context
    first = mac(key, info + b"\1", "sha512")
    material = first + mac(key, first + info + b"\2", "sha512")
    if not hmac.compare_digest(material[44:76], body[24:56]):
        raise ValueError("another key or place")
    plain, at, number = b"", 56, 0
    while True:
        chunk = body[at:at + 16400]
        nonce = xor(material[32:44], number.to_bytes(12, "big"))
        plain += AESGCM(material[:32]).decrypt(nonce, chunk, None)
        at, number = at + 16400, number + 1
        if len(chunk) < 16400:
            return plain


def decode(tagged):
    tag, data = tagged[0], tagged[1:]
    number = lambda: int.from_bytes(data, "big", signed=True)
    if tag == 5:
        return "bigint", str(int.from_bytes(data[1:], "big") * (-1 if data[0] else 1))
    if tag == 8:
        return "instant", (datetime(1970, 1, 1) + timedelta(milliseconds=number())).isoformat("T", "milliseconds") + "Z"
    return {0: lambda: ("text", data.decode()), 1: lambda: ("bytes", data.hex()), 2: lambda: ("boolean", False),
            3: lambda: ("boolean", True), 4: lambda: ("int64", str(number())), 7: lambda: ("decimal", data.decode()),
            6: lambda: ("float64", struct.unpack(">d", data)[0]), 9: lambda: ("date", data.decode()),
            10: lambda: ("json", json.loads(data)), 15: lambda: ("null", None)}[tag]()


def open_vector(file, v):
    sealed = v["sealed"].removeprefix("sf1.")
    raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_" if sealed != v["sealed"] else None)
    magic, suite, key_id = struct.unpack(">BBI", raw[:6])
    assert magic == 0xC1 and key_id == file["keyId"]
    where = [part.encode() for part in (file["application"], v["table"], v["column"])]
    info = pae(b"sf1/enc", bytes([suite]), *where)
    key = mac(mac(bytes(32), bytes.fromhex(file["dataKey"])), info + b"\1")
    tenant = b"\0" if v["tenant"] is None else b"\1" + v["tenant"].encode()
    row = [b"\3" + bytes.fromhex(p["value"]) if p["type"] == "bytes"
           else {"text": b"\1", "integer": b"\2"}[p["type"]] + p["value"].encode() for p in v["row"]]
    aad = b"sf1\0" + raw[:6] + pae(*where, tenant, *row)
    if suite == 0x21:
        plain = open_stream(key, raw[6:], aad)
        return {"length": len(plain), "sha256": hashlib.sha256(plain).hexdigest()}
    plain = open_body(key, raw[6:], aad, suite in (0x01, 0x11)).rstrip(b"\0")
    assert plain[-1] == 0x80
    if suite != 0x11:
        return dict(zip(("type", "value"), decode(plain[:-1])))
    schema, at, fields = int.from_bytes(plain[:4], "big"), 4, []
    while at < len(plain) - 1:
        field, length = struct.unpack(">HI", plain[at:at + 6])
        fields.append({"field": field, **dict(zip(("type", "value"), decode(plain[at + 6:at + 6 + length])))})
        at += 6 + length
    return {"schema": schema, "fields": fields}


for path in sys.argv[1:]:
    file = json.load(open(path, encoding="utf-8"))
    for vector in file["vectors"]:
        try:
            print(json.dumps(open_vector(file, vector)))
        except Exception:
            print('"refused"')
