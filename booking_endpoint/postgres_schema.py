"""The tables of one practice on a PostgreSQL server, and what is said there in other words.

A practice has a schema of its own (decision 27). No created_at and no number that grows; what the
server keeps of itself, and what becomes of it, stands in docs/THREATS.md.
"""

import re
from functools import cache

from booking_endpoint.schema import COLUMNS, OCCUPY, TABLES, TAKEN

MIGRATIONS = (
    """
    CREATE TABLE about (
        sole integer PRIMARY KEY CHECK (sole = 1),
        version integer NOT NULL,
        mark bytea NOT NULL
    );
    INSERT INTO about VALUES (1, 0, '');
    CREATE TABLE bookings (
        id bytea PRIMARY KEY CHECK (length(id) = 16),
        start bigint NOT NULL,
        "end" bigint NOT NULL CHECK ("end" > start),
        state text NOT NULL CHECK (state IN ('confirmed', 'requested', 'cancelled')),
        moved integer NOT NULL DEFAULT 0 CHECK (moved IN (0, 1)),
        envelope bytea NOT NULL
    );
    ALTER TABLE bookings ALTER COLUMN envelope SET STORAGE EXTERNAL;
    CREATE INDEX standing ON bookings (start, "end") WHERE state <> 'cancelled';
    CREATE TABLE occupied (
        booking bytea PRIMARY KEY REFERENCES bookings (id) DEFERRABLE INITIALLY DEFERRED,
        cells int8range NOT NULL CHECK (NOT isempty(cells)),
        CONSTRAINT occupied_once EXCLUDE USING gist (cells WITH &&)
    );
    CREATE TABLE closures (
        id text COLLATE "C" PRIMARY KEY,
        start bigint NOT NULL,
        "end" bigint NOT NULL CHECK ("end" > start)
    );
    CREATE TABLE openings (
        id text COLLATE "C" PRIMARY KEY,
        start bigint NOT NULL,
        "end" bigint NOT NULL CHECK ("end" > start),
        visits text NOT NULL
    );
    """,
)
"""`occupied_once`: no two bookings hold the same cell; the database itself refuses overlap. What is
sealed cannot be compressed: EXTERNAL does not try."""

KEYS = {"bookings": "id", "occupied": "booking", "closures": "id", "openings": "id"}
"""Each table that holds more than one row, and its key."""

TURN = "UPDATE about SET mark = %s"
"""Our turn among all that write for this practice; tells whoever watches that something changed."""

MARK = "SELECT mark FROM about"
ABOUT = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'about'"

OTHERWISE = {
    OCCUPY: """
        INSERT INTO occupied (booking, cells)
        SELECT %(id)s, int8range(%(first)s, %(last)s, '[]')
        WHERE %(anyway)s = 1 OR (NOT EXISTS (
            SELECT 1 FROM closures WHERE start < %(end)s AND "end" > %(start)s
        ) AND (%(beyond)s = 0 OR EXISTS (
            SELECT 1 FROM openings WHERE start <= %(start)s AND "end" >= %(end)s
        )))
        ON CONFLICT DO NOTHING
    """,
    TAKEN: """
        SELECT generate_series(
            greatest(lower(cells), asked.first), least(upper(cells), asked.last) - 1
        ) AS cell
        FROM occupied, (SELECT %s::bigint AS first, %s::bigint AS last) AS asked
        WHERE cells && int8range(asked.first, asked.last) AND booking <> %s
    """,
    TABLES: "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
    COLUMNS: """
        SELECT attname AS name FROM pg_attribute
        WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
    """,
}
"""`ON CONFLICT DO NOTHING`: a time that is taken is an answer, not an error that a log keeps."""


@cache
def in_postgres(sql: str) -> str:
    """A statement of schema.py, as psycopg takes it."""
    return OTHERWISE.get(sql) or re.sub(r":(\w+)", r"%(\1)s", sql).replace("?", "%s")
