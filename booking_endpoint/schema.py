"""The tables of the file, and what is asked of them. All that a host can find stands here.

No created_at, no address, no order: ids are derived from random nonces, tables are kept
by key (WITHOUT ROWID), and the file is rewritten by key every hour. So a copy of the disk
tells who came first only of the bookings made since (decision 10).
"""

MIGRATIONS = (
    """
    CREATE TABLE bookings (
        id BLOB PRIMARY KEY CHECK (length(id) = 16),
        start INTEGER NOT NULL,
        end INTEGER NOT NULL CHECK (end > start),
        state TEXT NOT NULL CHECK (state IN ('confirmed', 'requested', 'cancelled')),
        moved INTEGER NOT NULL DEFAULT 0 CHECK (moved IN (0, 1)),
        envelope BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE occupied (
        cell INTEGER PRIMARY KEY,
        booking BLOB NOT NULL REFERENCES bookings (id) DEFERRABLE INITIALLY DEFERRED
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX occupied_booking ON occupied (booking);
    CREATE TABLE closures (
        id TEXT PRIMARY KEY,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL CHECK (end > start)
    ) STRICT, WITHOUT ROWID;
    """,
    "CREATE INDEX standing ON bookings (start, end) WHERE state != 'cancelled'",
    """
    CREATE TABLE openings (
        id TEXT PRIMARY KEY,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL CHECK (end > start),
        visits TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
)
"""One cell can hold one booking: the database itself refuses overlap."""

OCCUPY = """
    INSERT INTO occupied
    WITH RECURSIVE cells (cell) AS (
        SELECT :first UNION ALL SELECT cell + 1 FROM cells WHERE cell < :last
    )
    SELECT cell, :id FROM cells WHERE :anyway OR (NOT EXISTS (
        SELECT 1 FROM closures WHERE start < :end AND end > :start
    ) AND (NOT :beyond OR EXISTS (
        SELECT 1 FROM openings WHERE start <= :start AND end >= :end
    )))
"""
"""`anyway`, whatever is closed: the desk decides over its own time. `beyond`, in hours of the
desk's alone, which must still be open."""
RELEASE = "DELETE FROM occupied WHERE booking = :id"
BOOK = """
    INSERT INTO bookings (id, start, "end", state, moved, envelope)
    VALUES (:id, :start, :end, :state, :moved, :envelope)
"""
PUT = """
    UPDATE bookings SET start = :start, "end" = :end, state = :state, moved = :moved
    WHERE id = :id
"""
FIND = 'SELECT id, start, "end", state, moved FROM bookings WHERE id = ?'
LIST = 'SELECT id, start, "end", state, moved FROM bookings ORDER BY start, id'
TAKEN = "SELECT cell FROM occupied WHERE cell >= ? AND cell < ? AND booking != ?"
STANDING = """
    SELECT start, "end" FROM bookings
    WHERE start >= ? AND start < ? AND state != 'cancelled' AND id != ?
"""
CLOSE = """
    INSERT INTO closures (id, start, "end") VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET start = excluded.start, "end" = excluded."end"
"""
OFFER = """
    INSERT INTO openings (id, start, "end", visits) VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE
    SET start = excluded.start, "end" = excluded."end", visits = excluded.visits
"""
TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table'"
COLUMNS = "SELECT name FROM pragma_table_xinfo(?)"
COUNTS = "SELECT count(*), count(*) FILTER (WHERE state != 'cancelled') FROM bookings"
ENVELOPES = "SELECT envelope FROM bookings ORDER BY start DESC, id"
