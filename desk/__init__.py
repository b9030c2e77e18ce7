"""The only code that opens an envelope. Runs on the doctor's machine; nothing imports it."""
