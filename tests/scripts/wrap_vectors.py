"""Works out encrypted-fields-keys/vectors/pkcs11.json, by the text of the documentation alone. The file is frozen: this
shows how it was made, and writes to standard output.

Needs the module cryptography.
"""

import json
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def context(application, tenant, purpose, key_id, algorithm):
    parts = [application.encode(), tenant.encode(), purpose.encode(), struct.pack(">I", key_id), algorithm.encode()]
    return b"\x01" + b"".join(struct.pack(">I", len(part)) + part for part in parts)


key = bytes(range(32))
cases = []
for iv, plaintext, parts in [
    (bytes(range(100, 112)), b"\x01" + bytes(range(200, 232)), ("shop", "", "data", 7, "AES-256-GCM")),
    (b"\xff" * 12, b"\x01" + b"\x00" * 32, ("shop", "acme", "subject-root", 0xFFFFFFFF, "XAES-256-GCM")),
]:
    aad = context(*parts)
    names = ("application", "tenant", "purpose", "key_id", "algorithm")
    wrapped = b"\x01" + iv + AESGCM(key).encrypt(iv, plaintext, aad)
    cases.append(
        dict(zip(names, parts)) | {"aad": aad.hex(), "plaintext": plaintext.hex(), "wrapped": wrapped.hex()}
    )
print(json.dumps({"key": key.hex(), "cases": cases}, indent=2))
