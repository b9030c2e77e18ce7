/* What booking and managing share: asking the endpoint, showing one step, saying what is wrong.
   Everything comes in through data-* and goes out through textContent. */

const WAIT = 25000

/** Ask the endpoint; gives back { status, body }, with status 0 when no sensible answer came. */
export async function ask(url, fields) {
  try {
    const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang }
    const options = { headers, signal: AbortSignal.timeout?.(WAIT) }
    if (fields) {
      options.method = "POST"
      options.headers["Content-Type"] = "application/json"
      options.body = JSON.stringify(fields)
    }
    const answer = await fetch(url, options)
    return { status: answer.status, body: await answer.json() }
  } catch {
    return { status: 0, body: {} }
  }
}

/** The page's own words for this moment; the endpoint's message first, when there is one. */
export const said = (root, { status, body }) =>
  body.message ?? root.querySelector(`[data-say=${status ? "down" : "offline"}]`).textContent

export const within = (step, name) => step.querySelector(`[data-${name}]`)

/** Show one step and hide the others; the focus goes to its heading, the title follows. */
export function show(root, name) {
  for (const step of root.querySelectorAll("[data-step]")) step.hidden = step.dataset.step !== name
  const step = root.querySelector(`[data-step=${name}]`)
  const heading = step.querySelector("h1")
  document.title = [heading.textContent, root.dataset.doctor].filter(Boolean).join(" – ")
  heading.tabIndex = -1
  heading.focus()
  scrollTo(0, 0)
  return step
}

/** Say what is wrong: above the form, with a link to each field, and beside each field. */
export function complain(step, errors, { heading, message = "" } = {}) {
  const box = within(step, "problem")
  const wrong = Object.entries(errors)
  if (heading) box.querySelector("h2").textContent = heading
  within(box, "message").textContent = message
  within(box, "message").hidden = !message
  within(box, "errors").replaceChildren(...wrong.map(([field, text]) => {
    const item = document.createElement("li")
    const link = item.appendChild(document.createElement("a"))
    link.href = `#${first(step, field).id}`
    link.onclick = (event) => {
      event.preventDefault() // a step back must not lead to this link, nor a booking's ticket leave the address
      first(step, field).focus()
    }
    link.textContent = text
    return item
  }))
  for (const place of step.querySelectorAll(".field__error")) {
    const field = place.id.replace("-error", "")
    place.textContent = errors[field] ?? ""
    place.hidden = !errors[field]
    for (const input of inputs(step, field))
      errors[field] ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid")
  }
  box.hidden = !wrong.length && !message
  if (box.hidden) return true
  const prefix = `${box.dataset.error} `
  if (!document.title.startsWith(prefix)) document.title = prefix + document.title
  box.focus()
  return false
}

const inputs = (step, field) => [...step.querySelectorAll(`[name="${field}"], [name^="${field.replace("_date", "_")}"]`)]
const first = (step, field) => inputs(step, field)[0]

/** The value chosen in a form, or the empty text. */
export const chosen = (form, name) => new FormData(form).get(name) ?? ""

/** A module that a step needs, if it is, byte for byte, the one this page was published with. */
export async function load(root, name) {
  const modules = root.dataset.modules.split(" ")
  const link = document.createElement("link")
  const href = new URL(`${name}.js`, import.meta.url).href
  Object.assign(link, { rel: "modulepreload", href, integrity: modules[modules.indexOf(name) + 1] })
  if (link.relList.supports?.("modulepreload"))
    await new Promise((fine, wrong) => {
      Object.assign(link, { onload: fine, onerror: wrong })
      document.head.append(link)
    })
  return import(href)
}

/** A ticket with its work under way: awaited only when it is needed. */
export async function ticket(root) {
  const { status, body } = await ask(`${root.dataset.prefix}/tickets`, {})
  if (status !== 200) return null
  const { solve } = await load(root, "proof")
  return { ticket: body.ticket, proof: await solve(body.challenge) }
}
