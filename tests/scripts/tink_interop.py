"""The other side of encrypted-fields/tests/tink.rs: seals and opens with PyPI `tink`.

Reads one JSON object a line and answers each with one:
  {"do": "seal", "template": "AES256_GCM" | "XAES_256_GCM_192_BIT_NONCE", "plaintext": hex, "context": hex}
      -> {"keyset": JSON text, "wire": hex}
  {"do": "open", "keyset": JSON text, "wire": hex, "context": hex} -> {"plaintext": hex} or {"error": text}
"""

import io
import json
import sys

import tink
from tink import aead, cleartext_keyset_handle


def seal(request):
    handle = tink.new_keyset_handle(getattr(aead.aead_key_templates, request["template"]))
    keyset = io.StringIO()
    cleartext_keyset_handle.write(tink.JsonKeysetWriter(keyset), handle)
    wire = handle.primitive(aead.Aead).encrypt(bytes.fromhex(request["plaintext"]), bytes.fromhex(request["context"]))
    return {"keyset": keyset.getvalue(), "wire": wire.hex()}


def open_(request):
    handle = cleartext_keyset_handle.read(tink.JsonKeysetReader(request["keyset"]))
    try:
        plaintext = handle.primitive(aead.Aead).decrypt(bytes.fromhex(request["wire"]), bytes.fromhex(request["context"]))
    except tink.TinkError as error:
        return {"error": str(error)}
    return {"plaintext": plaintext.hex()}


aead.register()
for line in sys.stdin:
    request = json.loads(line)
    answer = {"seal": seal, "open": open_}[request["do"]](request)
    print(json.dumps(answer), flush=True)
