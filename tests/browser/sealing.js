/* Run inside a page, by tests alone: the page's own sealing with a given ephemeral key, and its
   counterpart, which the page itself has no need of. Built on what envelope.js exports. */

const { AES_256_GCM, agreed, FORMATS, fromText, schedule, seal, sealTo, toText } = await import(new URL("envelope.js", document.querySelector("script[src]").src))
const P256 = { name: "ECDH", namedCurve: "P-256" }
const HYBRID = "MLKEM768-X25519"
const POINT = 65
const ENCAPSULATED = { 1: POINT, 2: 1120 }

export { seal }

export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
export const toHex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** A private key from its scalar and its point, both in hexadecimal. */
export function privateKey(scalar, point) {
  const [x, y] = [point.slice(2, 66), point.slice(66)].map((half) => toText(fromHex(half)))
  const key = { kty: "EC", crv: "P-256", x, y, d: toText(fromHex(scalar)) }
  return crypto.subtle.importKey("jwk", key, P256, true, ["deriveBits"])
}

export const publicKey = (point) => crypto.subtle.importKey("raw", fromHex(point), P256, true, [])

/** What envelope.js makes of a vector's plaintext with the vector's ephemeral key. */
export async function sealVector({ aead, info, aad, plaintext, skEm, pkEm, pkRm }) {
  const ephemeral = { privateKey: await privateKey(skEm, pkEm), publicKey: await publicKey(pkEm) }
  const told = { aead, aad: fromHex(aad), ephemeral }
  const format = { ...FORMATS[1], info: fromHex(info) }
  return toHex(await sealTo(fromHex(pkRm), fromHex(plaintext), format, told))
}

/** The secret of DHKEM that a point was encapsulated with. */
async function fromPoint(enc, scalar, point) {
  const them = { name: "ECDH", public: await publicKey(toHex(enc)) }
  const shared = new Uint8Array(await crypto.subtle.deriveBits(them, await privateKey(scalar, point), 256))
  return agreed(shared, enc, fromHex(point))
}

/** The secret of MLKEM768-X25519, by the browser's own decapsulation with the seed of the key. */
async function fromHybrid(enc, seed) {
  const key = await crypto.subtle.importKey("raw-seed", fromHex(seed), HYBRID, false, ["decapsulateBits"])
  return new Uint8Array(await crypto.subtle.decapsulateBits(HYBRID, key, enc))
}

/** The public key that a hybrid seed stands for, in hexadecimal. */
export async function hybridPublic(seed) {
  const key = await crypto.subtle.importKey("raw-seed", fromHex(seed), HYBRID, true, ["decapsulateBits"])
  const half = await crypto.subtle.getPublicKey(key, ["encapsulateBits"])
  return toHex(new Uint8Array(await crypto.subtle.exportKey("raw-public", half)))
}

async function decrypted(sealed, secret, kem, info, aead, aad) {
  const { key, iv } = await schedule(secret, kem, fromHex(info), aead)
  const how = { name: "AES-GCM", iv, additionalData: fromHex(aad) }
  return toHex(new Uint8Array(await crypto.subtle.decrypt(how, key, sealed)))
}

/** Open one sealing of format 1 with the recipient's key; throws where it was sealed to another. */
export async function open(sealing, scalar, point, info, { aead = AES_256_GCM, aad = "" } = {}) {
  const data = typeof sealing === "string" ? fromHex(sealing) : sealing
  const enc = data.slice(0, POINT)
  return decrypted(data.slice(POINT), await fromPoint(enc, scalar, point), FORMATS[1].kem, info, aead, aad)
}

const sealing = (envelope, version, place, room) => {
  const size = ENCAPSULATED[version] + room + 16
  return fromText(envelope).slice(1 + place * size, 1 + (place + 1) * size)
}

/** Open the sealing at a place of a whole envelope of format 1 in base64url. */
export const openEnvelope = (envelope, place, scalar, point, info, room) =>
  open(sealing(envelope, 1, place, room), scalar, point, info)

/** The same for format 2, with the seed of the hybrid key. */
export async function openHybrid(envelope, place, seed, info, room) {
  const data = sealing(envelope, 2, place, room)
  const secret = await fromHybrid(data.slice(0, ENCAPSULATED[2]), seed)
  return decrypted(data.slice(ENCAPSULATED[2]), secret, FORMATS[2].kem, info, AES_256_GCM, "")
}
