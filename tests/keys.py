"""Keys for the tests: drawn by lot, as `keys` draws them."""

from secrets import token_bytes

from booking_endpoint.envelope import SEED, PrivateKey, key_from


def new_key() -> PrivateKey:
    return key_from(token_bytes(SEED))
