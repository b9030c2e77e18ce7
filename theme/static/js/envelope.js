/* Seal: the twin of booking_endpoint/envelope.py. HPKE (RFC 9180), base mode, single shot:
   DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. The format is in docs/DESIGN.md. */

const { subtle } = crypto
const bytes = (text) => new TextEncoder().encode(text)
const P256 = { name: "ECDH", namedCurve: "P-256" }
const ROOM = 2048
const INFO = bytes("souspli envelope 1")

/** The AEAD of format 1; the RFC's vectors are also told for AES-128-GCM, which only tests use. */
export const AES_256_GCM = { id: 2, keyLength: 32 }

/** Join byte arrays; a number stands for itself on two bytes (I2OSP). */
export const join = (...parts) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part >> 8, part & 255] : [...part])))

async function hmac(key, data) {
  const material = key.length ? key : new Uint8Array(32)
  const imported = await subtle.importKey("raw", material, { name: "HMAC", hash: "SHA-256" }, false, ["sign"])
  return new Uint8Array(await subtle.sign("HMAC", imported, data))
}

/** HKDF-SHA256 with the labels of RFC 9180, section 4; one block of output is enough for all we derive. */
const labelled = (suite) => ({
  extract: (salt, label, input) => hmac(salt, join(bytes("HPKE-v1"), suite, bytes(label), input)),
  expand: async (secret, label, info, length) =>
    (await hmac(secret, join(length, bytes("HPKE-v1"), suite, bytes(label), info, [1]))).slice(0, length),
})

/** The key and nonce of one message, from the Diffie-Hellman value and both public keys. */
export async function schedule(shared, enc, recipient, info, aead) {
  const kem = labelled(join(bytes("KEM"), 16))
  const secret = await kem.expand(
    await kem.extract([], "eae_prk", shared), "shared_secret", join(enc, recipient), 32)
  const hpke = labelled(join(bytes("HPKE"), 16, 1, aead.id))
  const context = join([0], await hpke.extract([], "psk_id_hash", []), await hpke.extract([], "info_hash", info))
  const master = await hpke.extract(secret, "secret", [])
  return {
    key: await subtle.importKey("raw", await hpke.expand(master, "key", context, aead.keyLength), "AES-GCM", false, ["encrypt", "decrypt"]),
    iv: await hpke.expand(master, "base_nonce", context, 12),
  }
}

/** One sealing: the ephemeral public key, then the ciphertext. `ephemeral` is given by tests alone. */
export async function sealTo(recipient, plaintext, info, { aead = AES_256_GCM, aad = [], ephemeral } = {}) {
  const pair = ephemeral ?? (await subtle.generateKey(P256, false, ["deriveBits"]))
  const publicKey = await subtle.importKey("raw", recipient, P256, false, [])
  const shared = new Uint8Array(await subtle.deriveBits({ name: "ECDH", public: publicKey }, pair.privateKey, 256))
  const enc = new Uint8Array(await subtle.exportKey("raw", pair.publicKey))
  const { key, iv } = await schedule(shared, enc, recipient, info, aead)
  const sealed = await subtle.encrypt({ name: "AES-GCM", iv, additionalData: Uint8Array.from(aad) }, key, plaintext)
  return join(enc, new Uint8Array(sealed))
}

export const fromText = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0))

export const toText = (data) =>
  btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")

/** Seal a text to each recipient (base64url points), padded to one size; gives back base64url. */
export async function seal(text, recipients) {
  const content = bytes(text)
  if (content.length > ROOM) throw new RangeError("too long")
  const padded = new Uint8Array(ROOM).fill(32)
  padded.set(content)
  const sealings = await Promise.all(recipients.map((key) => sealTo(fromText(key), padded, INFO)))
  return toText(join([1], ...sealings))
}
