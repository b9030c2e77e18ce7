"""What a browser is told with every page and every answer. Pure; knows no practice."""

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
"""The content security policy (W3C CSP 3): everything from here, nothing from anybody else."""

SENDS = ("connect-src", "form-action")
"""By which a page sends. Only these name an endpoint that has an origin of its own."""

HEADER_ALONE = "frame-ancestors"
"""What a policy inside a page cannot say (HTML, http-equiv): browsers pass over it there."""


def policy(endpoint: str = "") -> str:
    """The policy of pages that send to themselves and, where it is another, to this origin."""
    said = {name: f"{POLICY[name]} {endpoint}" for name in SENDS if endpoint}
    return "; ".join(f"{name} {value}" for name, value in (POLICY | said).items())


def policy_in_page(endpoint: str = "") -> str:
    """The same for a `meta` element: it holds where a host sends no headers of ours."""
    rules = policy(endpoint).split("; ")
    return "; ".join(rule for rule in rules if not rule.startswith(HEADER_ALONE))


HEADERS = {
    "Content-Security-Policy": policy(),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
"""On every answer. Not `no-referrer`, which would make a form send `Origin: null`."""

EVERYWHERE = {
    "Strict-Transport-Security": "max-age=63072000",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""What a web server in front adds. The domain's other names are not ours: no includeSubDomains,
no preload."""


def headers_of_pages(endpoint: str = "") -> dict[str, str]:
    """On every page of a site whose endpoint has this origin; its own where it has none."""
    return HEADERS | {"Content-Security-Policy": policy(endpoint)}
