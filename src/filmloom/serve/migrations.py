"""The tables, as the steps that led to them. Append only: a step that was released is never changed.

Plain SQL that SQLite and PostgreSQL both read; `{serial}` is a number that grows by itself. Times are seconds since
1970 in DOUBLE PRECISION, JSON is TEXT.
"""

RETIRED = {"deliveries": ("body",)}  # columns that older backups still have

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE jobs (
            id TEXT PRIMARY KEY, state TEXT NOT NULL, request TEXT NOT NULL, content TEXT NOT NULL, key TEXT NOT NULL,
            band TEXT NOT NULL, created DOUBLE PRECISION NOT NULL, started DOUBLE PRECISION, finished DOUBLE PRECISION,
            expires DOUBLE PRECISION, attempts INTEGER NOT NULL, max_attempts INTEGER NOT NULL,
            lease_owner TEXT NOT NULL, lease_until DOUBLE PRECISION, token TEXT NOT NULL, wants TEXT NOT NULL,
            stage TEXT NOT NULL, progress DOUBLE PRECISION NOT NULL, seconds_left DOUBLE PRECISION,
            checkpoint TEXT NOT NULL, result TEXT NOT NULL, digest TEXT NOT NULL, failure TEXT,
            same_as TEXT NOT NULL, remix_of TEXT NOT NULL, idempotency TEXT NOT NULL, webhook TEXT NOT NULL,
            extra TEXT NOT NULL, prompt TEXT NOT NULL, reuse INTEGER NOT NULL, cost DOUBLE PRECISION NOT NULL,
            tag DOUBLE PRECISION NOT NULL, told DOUBLE PRECISION NOT NULL
        )""",
        "CREATE INDEX jobs_by_state ON jobs (state, tag, id)",
        "CREATE INDEX jobs_by_key ON jobs (key, id)",
        "CREATE INDEX jobs_by_content ON jobs (content, state)",
        "CREATE UNIQUE INDEX jobs_by_idempotency ON jobs (key, idempotency) WHERE idempotency <> ''",
        """CREATE TABLE events (
            number {serial}, job TEXT NOT NULL, key TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, kind TEXT NOT NULL,
            data TEXT NOT NULL
        )""",
        "CREATE INDEX events_by_job ON events (job, number)",
        # Start-time fair queueing: where each flow (a key's band) stands, and where the one in service began.
        "CREATE TABLE flows (flow TEXT PRIMARY KEY, tag DOUBLE PRECISION NOT NULL)",
        "INSERT INTO flows (flow, tag) VALUES ('now', 0)",
        """CREATE TABLE keys (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, salt TEXT NOT NULL, hash TEXT NOT NULL, scopes TEXT NOT NULL,
            weight DOUBLE PRECISION NOT NULL, max_waiting INTEGER, films_per_day INTEGER,
            seconds_per_day DOUBLE PRECISION, requests_per_minute INTEGER,
            created DOUBLE PRECISION NOT NULL, revoked DOUBLE PRECISION
        )""",
        """CREATE TABLE usage (
            key TEXT NOT NULL, day TEXT NOT NULL, films INTEGER NOT NULL, seconds DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (key, day)
        )""",
        """CREATE TABLE deliveries (
            number {serial}, job TEXT NOT NULL, url TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
            attempts INTEGER NOT NULL, due DOUBLE PRECISION, done DOUBLE PRECISION
        )""",
        "CREATE INDEX deliveries_due ON deliveries (due)",
        """CREATE TABLE votes (
            number {serial}, at DOUBLE PRECISION NOT NULL, left_job TEXT NOT NULL, right_job TEXT NOT NULL,
            winner TEXT NOT NULL, blind INTEGER NOT NULL
        )""",
    ),
    (
        "ALTER TABLE jobs ADD COLUMN leased DOUBLE PRECISION",  # when its lease was given or last kept
        "ALTER TABLE deliveries DROP COLUMN body",  # a delivery is made of the others
    ),
    (
        # Workers: when each was heard last, and what it keeps warm.
        """CREATE TABLE crew (
            owner TEXT PRIMARY KEY, device TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, facts TEXT NOT NULL
        )""",
        "CREATE INDEX jobs_counted ON jobs (state, band, same_as)",
        "CREATE INDEX jobs_made ON jobs (state, same_as, finished)",
    ),
)
