-- Times are microseconds since 1970, days are days since 1970, severities 0 (info) to 4 (critical).
-- Ids are given by the writer from `sequences`, so that none comes twice.
CREATE TABLE sequences (
    name TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);
CREATE TABLE clusters (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    assessed_at BIGINT,
    written_at BIGINT NOT NULL DEFAULT 0,
    objects BIGINT NOT NULL DEFAULT 0,
    workloads BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE gaps (
    cluster BIGINT NOT NULL REFERENCES clusters (id),
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (cluster, number)
);
-- What a right to see is given for. The namespace of what stands in none is ''.
CREATE TABLE scopes (
    id BIGINT PRIMARY KEY,
    cluster BIGINT NOT NULL REFERENCES clusters (id),
    api_group TEXT NOT NULL,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    UNIQUE (cluster, api_group, kind, namespace)
);
CREATE INDEX scopes_namespace ON scopes (namespace);
CREATE TABLE controls (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    code TEXT NOT NULL
);
-- The owner '' is nobody known.
CREATE TABLE owners (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
-- Names of objects and messages: findings share many of them, and searches read each once. The
-- digest is the beginning of the text's SHA-256: it leads to a text, and does not stand for it.
CREATE TABLE texts (
    id BIGINT PRIMARY KEY,
    digest BIGINT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX texts_digest ON texts (digest);

CREATE TABLE findings (
    id BIGINT PRIMARY KEY,
    cluster BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    digest BIGINT NOT NULL,
    control BIGINT NOT NULL,
    severity BIGINT NOT NULL,
    scope BIGINT NOT NULL,
    owner BIGINT NOT NULL,
    state BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    fixed_at BIGINT,
    name BIGINT NOT NULL,
    message BIGINT NOT NULL
);
CREATE UNIQUE INDEX findings_fingerprint ON findings (fingerprint, cluster);
-- Lists are read along these, all of one control's and of one owner's too.
CREATE INDEX findings_worst
    ON findings (severity, changed_at, id, state, scope, control, owner, name, message);
CREATE INDEX findings_newest
    ON findings (changed_at, id, state, severity, scope, control, owner, name, message);
CREATE INDEX findings_control ON findings (control, severity, changed_at, id, state, scope, owner);
CREATE INDEX findings_owner ON findings (owner, severity, changed_at, id, state, scope, control);
-- Counts and small parts are read along these.
CREATE INDEX findings_scope ON findings (scope, state, severity, control, owner);
CREATE INDEX findings_name ON findings (name);
CREATE INDEX findings_message ON findings (message);
-- What only the rows of a page need.
CREATE TABLE finding_texts (
    finding BIGINT PRIMARY KEY,
    path TEXT NOT NULL,
    exception TEXT,
    cause TEXT,
    detail TEXT NOT NULL
);
CREATE TABLE history (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    what BIGINT NOT NULL,
    finding BIGINT NOT NULL,
    scope BIGINT NOT NULL,
    severity BIGINT NOT NULL,
    cause TEXT
);
CREATE INDEX history_finding ON history (finding, seq);
CREATE INDEX history_at ON history (at, seq);

-- Kept counters: how many findings are like this, by severity.
CREATE TABLE tallies (
    scope BIGINT NOT NULL,
    state BIGINT NOT NULL,
    owner BIGINT NOT NULL,
    info BIGINT NOT NULL,
    low BIGINT NOT NULL,
    medium BIGINT NOT NULL,
    high BIGINT NOT NULL,
    critical BIGINT NOT NULL,
    PRIMARY KEY (scope, state, owner)
);
CREATE TABLE control_tallies (
    cluster BIGINT NOT NULL,
    control BIGINT NOT NULL,
    state BIGINT NOT NULL,
    owner BIGINT NOT NULL,
    info BIGINT NOT NULL,
    low BIGINT NOT NULL,
    medium BIGINT NOT NULL,
    high BIGINT NOT NULL,
    critical BIGINT NOT NULL,
    PRIMARY KEY (cluster, control, state, owner)
);
-- How many became open on a day, how many open ones were fixed or excepted.
CREATE TABLE days (
    day BIGINT NOT NULL,
    scope BIGINT NOT NULL,
    opened BIGINT NOT NULL,
    fixed BIGINT NOT NULL,
    excepted BIGINT NOT NULL,
    PRIMARY KEY (day, scope)
);

CREATE TABLE exceptions (
    id BIGINT PRIMARY KEY,
    control TEXT NOT NULL,
    namespace TEXT,
    kind TEXT,
    name TEXT,
    reason TEXT NOT NULL,
    owner TEXT,
    until BIGINT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    ended_by TEXT,
    ended_at BIGINT
);

CREATE TABLE actions (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    person TEXT NOT NULL,
    verb TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL
);

-- A session is known by the digest of its token, never by the token.
CREATE TABLE sessions (
    token TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    groups_json TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX sessions_person ON sessions (person);
CREATE INDEX sessions_until ON sessions (until);

CREATE TABLE images (
    id BIGINT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    os TEXT,
    packages BIGINT NOT NULL,
    scanned_at BIGINT NOT NULL,
    database_date BIGINT,
    gaps_json TEXT NOT NULL,
    critical BIGINT NOT NULL,
    high BIGINT NOT NULL,
    medium BIGINT NOT NULL,
    low BIGINT NOT NULL,
    info BIGINT NOT NULL
);
-- The severity is the worst any image's finding tells, the rest is what the last scan told. Those
-- that no image has any more are removed.
CREATE TABLE vulnerabilities (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    severity BIGINT NOT NULL,
    known_exploited BIGINT NOT NULL,
    epss BIGINT,
    title TEXT NOT NULL
);
CREATE INDEX vulnerabilities_worst ON vulnerabilities (severity, known_exploited, id);
CREATE TABLE image_findings (
    image BIGINT NOT NULL,
    vulnerability BIGINT NOT NULL,
    number BIGINT NOT NULL,
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    fixed TEXT,
    severity BIGINT NOT NULL,
    known_exploited BIGINT NOT NULL,
    epss BIGINT,
    title TEXT NOT NULL,
    purl TEXT NOT NULL,
    PRIMARY KEY (image, vulnerability, number)
);
CREATE INDEX image_findings_vulnerability ON image_findings (vulnerability, severity, image);
CREATE TABLE running (
    id BIGINT PRIMARY KEY,
    cluster BIGINT NOT NULL,
    scope BIGINT NOT NULL,
    -- Scope and workload: what workloads are counted by.
    workload_key TEXT NOT NULL,
    workload TEXT NOT NULL,
    container TEXT NOT NULL,
    reference TEXT NOT NULL,
    digest TEXT,
    pods BIGINT NOT NULL,
    owner TEXT,
    -- 0 exposed, 1 not known, 2 not exposed.
    shelter BIGINT NOT NULL,
    since BIGINT NOT NULL
);
CREATE INDEX running_cluster ON running (cluster);
CREATE INDEX running_digest ON running (digest, scope, shelter);
CREATE INDEX running_scope ON running (scope, digest);
CREATE TABLE tags (
    reference TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    looked_at BIGINT NOT NULL
);

CREATE TABLE decisions (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    scope BIGINT NOT NULL,
    uid TEXT NOT NULL,
    name TEXT NOT NULL,
    person TEXT NOT NULL,
    webhook TEXT NOT NULL,
    allowed BIGINT NOT NULL,
    dry_run BIGINT NOT NULL,
    controls_json TEXT NOT NULL
);
CREATE INDEX decisions_scope ON decisions (scope, allowed, at);
CREATE INDEX decisions_at ON decisions (at);
CREATE INDEX actions_at ON actions (at);

-- Alerts that are still to be sent.
CREATE TABLE outbox (
    id BIGINT PRIMARY KEY,
    made_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    receiver TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX outbox_next ON outbox (next_at, id);

-- Who leads: one row at most. A term that is not the highest any more writes nothing.
CREATE TABLE terms (
    id BIGINT PRIMARY KEY,
    term BIGINT NOT NULL,
    holder TEXT NOT NULL
);
