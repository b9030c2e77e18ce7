/* Seal: the twin of booking_endpoint/envelope.py. HPKE (RFC 9180), base mode, single shot: HKDF-SHA256,
   AES-256-GCM and, for the key, MLKEM768-X25519 (draft-ietf-hpke-pq) where the browser has it and
   DHKEM(P-256, HKDF-SHA256) where it has not. The formats are in docs/DESIGN.md. */

const { subtle } = crypto
const bytes = (text) => new TextEncoder().encode(text)
const P256 = { name: "ECDH", namedCurve: "P-256" }
const HYBRID = "MLKEM768-X25519"
const ROOM = 2048
const SIZE = 9553

/** The AEAD of our formats; the RFC's vectors are also told for AES-128-GCM, which only tests use. */
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

/** The shared secret of DHKEM, from the Diffie-Hellman value and both public keys. */
export async function agreed(shared, enc, recipient) {
  const kem = labelled(join(bytes("KEM"), 16))
  return kem.expand(await kem.extract([], "eae_prk", shared), "shared_secret", join(enc, recipient), 32)
}

/** Encapsulate to a point. `ephemeral` is given by tests alone. */
async function toPoint(recipient, ephemeral) {
  const pair = ephemeral ?? (await subtle.generateKey(P256, false, ["deriveBits"]))
  const publicKey = await subtle.importKey("raw", recipient, P256, false, [])
  const shared = new Uint8Array(await subtle.deriveBits({ name: "ECDH", public: publicKey }, pair.privateKey, 256))
  const enc = new Uint8Array(await subtle.exportKey("raw", pair.publicKey))
  return { enc, secret: await agreed(shared, enc, recipient) }
}

/** Encapsulate to a hybrid key: broken only by whoever breaks both the lattice and the curve. */
async function toHybrid(recipient) {
  const publicKey = await subtle.importKey("raw-public", recipient, HYBRID, false, ["encapsulateBits"])
  const { ciphertext, sharedKey } = await subtle.encapsulateBits(HYBRID, publicKey)
  return { enc: new Uint8Array(ciphertext), secret: new Uint8Array(sharedKey) }
}

/** What a version byte stands for; `kem` is the number in IANA's registry. */
export const FORMATS = {
  1: { kem: 0x0010, encapsulate: toPoint, info: bytes("souspli envelope 1") },
  2: { kem: 0x647a, encapsulate: toHybrid, info: bytes("souspli envelope 2") },
}

/** The key and nonce of one message, from the secret that was encapsulated. */
export async function schedule(secret, kem, info, aead) {
  const hpke = labelled(join(bytes("HPKE"), kem, 1, aead.id))
  const context = join([0], await hpke.extract([], "psk_id_hash", []), await hpke.extract([], "info_hash", info))
  const master = await hpke.extract(secret, "secret", [])
  return {
    key: await subtle.importKey("raw", await hpke.expand(master, "key", context, aead.keyLength), "AES-GCM", false, ["encrypt", "decrypt"]),
    iv: await hpke.expand(master, "base_nonce", context, 12),
  }
}

/** One sealing: the encapsulated key, then the ciphertext. */
export async function sealTo(recipient, plaintext, { kem, encapsulate, info }, { aead = AES_256_GCM, aad = [], ephemeral } = {}) {
  const { enc, secret } = await encapsulate(recipient, ephemeral)
  const { key, iv } = await schedule(secret, kem, info, aead)
  const sealed = await subtle.encrypt({ name: "AES-GCM", iv, additionalData: Uint8Array.from(aad) }, key, plaintext)
  return join(enc, new Uint8Array(sealed))
}

export const fromText = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0))

export const toText = (data) =>
  btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")

/** Seal a text to each recipient (base64url keys), padded to one size; gives back base64url.
    Hybrid keys are taken if there are any and this browser can; else the points, never nothing. */
export async function seal(text, points, hybrids) {
  const content = bytes(text)
  if (content.length > ROOM) throw new RangeError("too long")
  const padded = new Uint8Array(ROOM).fill(32)
  padded.set(content)
  const envelope = async (version, recipients) =>
    join([version], ...(await Promise.all(recipients.map((key) => sealTo(fromText(key), padded, FORMATS[version])))))
  const sealed = hybrids && globalThis.SubtleCrypto?.supports?.("encapsulateBits", HYBRID)
    ? await envelope(2, hybrids).catch(() => envelope(1, points))
    : await envelope(1, points)
  const filled = new Uint8Array(SIZE)
  filled.set(sealed)
  return toText(filled)
}
