-- The schema of a new store. `src/store/migrations/` leads an older one to the same; a test compares.
--
-- Ids are UUIDs as text (what the desk mints) or integers (what an office keeps a register of).
-- Times are milliseconds since 1970 (UTC). Enum columns hold the stable names of `src/domain/`.
-- Text columns marked JSON hold small nested lists that no query looks into.
-- A telephone number that was erased reads +0000000.

-- What this store is: numbering epoch, dates of restores, until when words were forgotten.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE jurisdiction (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- ── places and organisations ────────────────────────────────────────────────────────────────────
CREATE TABLE area (
    code         TEXT PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    name         TEXT NOT NULL,
    level        TEXT NOT NULL,
    parent       TEXT,
    latitude_e7  INTEGER,
    longitude_e7 INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX area_parent ON area (parent);

CREATE TABLE area_adjacent (
    area      TEXT NOT NULL REFERENCES area (code) ON DELETE CASCADE,
    neighbour TEXT NOT NULL,
    PRIMARY KEY (area, neighbour)
) STRICT, WITHOUT ROWID;

-- A dated figure with its source: the denominator of the care-bed ratio.
CREATE TABLE area_population (
    area   TEXT NOT NULL REFERENCES area (code) ON DELETE CASCADE,
    year   INTEGER NOT NULL,
    elders INTEGER NOT NULL,
    total  INTEGER NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (area, year)
) STRICT, WITHOUT ROWID;

CREATE TABLE station (
    id            INTEGER PRIMARY KEY,
    jurisdiction  TEXT NOT NULL,
    tier          TEXT NOT NULL,
    parent        INTEGER,
    area          TEXT NOT NULL,
    name          TEXT NOT NULL,
    help_number   TEXT NOT NULL UNIQUE,
    ticket_code   INTEGER NOT NULL UNIQUE,
    front         TEXT NOT NULL,
    hours         TEXT NOT NULL, -- when people are there: always, working or by weekday
    ring          TEXT NOT NULL, -- JSON: list of numbers, SIP addresses or extensions
    notice_phone  TEXT,
    duty          TEXT NOT NULL, -- JSON: list of numbers, SIP addresses or extensions
    peers         TEXT NOT NULL, -- JSON: list of station ids
    latitude_e7   INTEGER,
    longitude_e7  INTEGER,
    staffed       INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX station_area ON station (area);

CREATE TABLE facility (
    id           INTEGER PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    tier         TEXT NOT NULL,
    area         TEXT NOT NULL,
    address      TEXT NOT NULL,
    latitude_e7  INTEGER,
    longitude_e7 INTEGER,
    phone        TEXT,
    categories   TEXT NOT NULL, -- JSON: list of category codes it takes work of
    notice_phone TEXT,
    open         INTEGER NOT NULL,
    opened_on    TEXT NOT NULL, -- YYYY-MM-DD
    updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX facility_area ON facility (area);

CREATE TABLE capacity_unit (
    facility   INTEGER NOT NULL REFERENCES facility (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    maximum    INTEGER NOT NULL CHECK (maximum >= 0),
    available  INTEGER NOT NULL CHECK (available BETWEEN 0 AND maximum),
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (facility, position)
) STRICT, WITHOUT ROWID;

-- ── people ──────────────────────────────────────────────────────────────────────────────────────
-- One row a human being. Erasing nulls what identifies; the row and its id stay.
CREATE TABLE person (
    id           INTEGER PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    name         TEXT,
    id_number    BLOB, -- HMAC of it, with an installation key
    born         TEXT, -- YYYY-MM-DD
    gender       TEXT,
    gender_wish  TEXT, -- by whom they want to be helped
    area         TEXT,
    address      TEXT,
    latitude_e7  INTEGER,
    longitude_e7 INTEGER,
    updated_at   INTEGER NOT NULL,
    erased_at    INTEGER
) STRICT;
CREATE INDEX person_area ON person (area);
CREATE UNIQUE INDEX person_id_number ON person (jurisdiction, id_number) WHERE id_number IS NOT NULL;

CREATE TABLE person_language (
    person   INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, -- the preferred first
    language TEXT NOT NULL,
    PRIMARY KEY (person, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE person_flag (
    person      INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    flag        TEXT NOT NULL,
    source      TEXT NOT NULL,
    valid_until INTEGER,
    PRIMARY KEY (person, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE person_phone (
    number      TEXT NOT NULL,
    person      INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    confidence  TEXT NOT NULL,
    shared      INTEGER NOT NULL,
    verified_at INTEGER,
    PRIMARY KEY (number, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_phone_person ON person_phone (person);

-- One-key devices: a number that stands for its owner, and what its keys ask for.
CREATE TABLE device (
    number       TEXT PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    owner        INTEGER NOT NULL,
    keys         TEXT NOT NULL, -- JSON: what each key asks for
    last_test_at INTEGER,
    updated_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX device_owner ON device (owner);

-- Whom to ring for a person, in order.
CREATE TABLE person_contact (
    person   INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    relation TEXT NOT NULL,
    number   TEXT NOT NULL,
    PRIMARY KEY (person, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_contact_number ON person_contact (number);

-- Who is rung on which days; a plan without contacts has those of the person.
CREATE TABLE care_plan (
    id           INTEGER PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    person       INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    number       TEXT NOT NULL,
    rule         TEXT NOT NULL, -- RFC 5545: FREQ, INTERVAL, BYDAY
    minute       INTEGER NOT NULL CHECK (minute BETWEEN 0 AND 1439),
    contacts     TEXT NOT NULL, -- JSON: list of {name, number}, in order
    first_day    TEXT NOT NULL, -- YYYY-MM-DD
    last_day     TEXT,
    paused       INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX care_plan_person ON care_plan (person);

-- One day's call of a plan. The next one is there as soon as this has ended.
CREATE TABLE care_call (
    id            TEXT PRIMARY KEY,
    jurisdiction  TEXT NOT NULL,
    plan          INTEGER NOT NULL,
    person        INTEGER NOT NULL,
    state         TEXT NOT NULL,
    sought_from   INTEGER NOT NULL,
    planned_at    INTEGER NOT NULL,
    next_at       INTEGER NOT NULL,
    first_at      INTEGER,
    tries         INTEGER NOT NULL,
    contacts_rung INTEGER NOT NULL,
    answer        TEXT,
    ticket        TEXT,
    ended_at      INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX care_call_one_open ON care_call (plan) WHERE ended_at IS NULL;
CREATE INDEX care_call_planned ON care_call (planned_at);
CREATE INDEX care_call_person ON care_call (person, planned_at);

CREATE TABLE blocked_volunteer (
    person    INTEGER NOT NULL REFERENCES person (id),
    volunteer INTEGER NOT NULL,
    since     INTEGER NOT NULL,
    PRIMARY KEY (person, volunteer)
) STRICT, WITHOUT ROWID;

CREATE TABLE volunteer (
    id               INTEGER PRIMARY KEY, -- the badge number
    person           INTEGER NOT NULL REFERENCES person (id),
    jurisdiction     TEXT NOT NULL,
    kind             TEXT NOT NULL,
    lifecycle        TEXT NOT NULL,
    phone            TEXT NOT NULL,
    home_station     INTEGER NOT NULL,
    area             TEXT NOT NULL,
    latitude_e7      INTEGER,
    longitude_e7     INTEGER,
    gender           TEXT NOT NULL,
    birth_year       INTEGER NOT NULL,
    available        TEXT NOT NULL, -- JSON: seven numbers, one bit an hour, Monday first
    night_consent    INTEGER NOT NULL,
    rating           INTEGER,
    duty             TEXT NOT NULL,
    opted_out        INTEGER NOT NULL,
    last_assigned_at INTEGER,
    resting_until    INTEGER,
    answers          TEXT NOT NULL, -- JSON: accepted or not, when and for what, the oldest first
    registered_at    INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    version          INTEGER NOT NULL
) STRICT;
CREATE INDEX volunteer_phone ON volunteer (phone);
CREATE INDEX volunteer_person ON volunteer (person);
CREATE INDEX volunteer_area ON volunteer (area);

CREATE TABLE volunteer_skill (
    volunteer INTEGER NOT NULL REFERENCES volunteer (id) ON DELETE CASCADE,
    category  TEXT NOT NULL,
    PRIMARY KEY (volunteer, category)
) STRICT, WITHOUT ROWID;

CREATE TABLE volunteer_language (
    volunteer INTEGER NOT NULL REFERENCES volunteer (id) ON DELETE CASCADE,
    language  TEXT NOT NULL,
    PRIMARY KEY (volunteer, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE volunteer_credential (
    volunteer  INTEGER NOT NULL REFERENCES volunteer (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (volunteer, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE staff_member (
    id              INTEGER PRIMARY KEY,
    jurisdiction    TEXT NOT NULL,
    person          INTEGER NOT NULL REFERENCES person (id),
    station         INTEGER NOT NULL,
    post            TEXT NOT NULL,
    active          INTEGER NOT NULL,
    certified_until INTEGER,
    updated_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_member_station ON staff_member (station);
CREATE INDEX staff_member_person ON staff_member (person);

-- ── logins ──────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE app_user (
    id            INTEGER PRIMARY KEY,
    login         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    person        INTEGER REFERENCES person (id),
    language      TEXT NOT NULL,
    speaks        TEXT NOT NULL DEFAULT '["zh"]', -- JSON: languages spoken with residents
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL, -- of the password
    disabled_at   INTEGER
) STRICT;

CREATE TABLE user_role (
    user    INTEGER NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    role    TEXT NOT NULL,
    station INTEGER NOT NULL,
    PRIMARY KEY (user, role, station)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    token_hash BLOB PRIMARY KEY, -- SHA-256 of the cookie's token
    user       INTEGER NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    from_where TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_user ON session (user);

-- Telephones of the line's own people. What they prove themselves with is wrapped with the installation's key.
CREATE TABLE phone_account (
    extension  TEXT PRIMARY KEY,
    user       INTEGER NOT NULL UNIQUE REFERENCES app_user (id) ON DELETE CASCADE,
    sha256     BLOB NOT NULL, -- of extension, realm and password (RFC 7616)
    md5        BLOB NOT NULL, -- the same, for telephones that know no better
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where each of them said that it is: after a restart it is rung there.
CREATE TABLE phone_binding (
    extension  TEXT NOT NULL REFERENCES phone_account (extension) ON DELETE CASCADE,
    contact    TEXT NOT NULL,
    preference INTEGER NOT NULL, -- q in thousandths
    source     TEXT NOT NULL,    -- address and port that its registration came from
    transport  TEXT NOT NULL,
    call_id    TEXT NOT NULL,
    sequence   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Behind two routers two telephones may write the same address.
    PRIMARY KEY (extension, contact, source)
) STRICT, WITHOUT ROWID;

-- ── calls ───────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE call (
    id           TEXT PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    direction    TEXT NOT NULL,
    number       TEXT,
    trust        TEXT NOT NULL,
    dialled      TEXT NOT NULL,
    station      INTEGER NOT NULL,
    language     TEXT NOT NULL,
    person       INTEGER,
    volunteer    INTEGER,
    operator     INTEGER, -- the login that talked with them
    joins        TEXT, -- the call in which this one has a part: a telephone rung for it, or brought in, or a supervisor's
    part         TEXT, -- which part that is
    owed         TEXT, -- the call-back request it is made for
    held         INTEGER NOT NULL, -- whoever talks with them put them on hold
    muted        INTEGER NOT NULL,
    quality      TEXT, -- JSON: packets, lost, jitter_ms, round_trip_ms, mos_hundredths
    attempt      TEXT,
    ticket       TEXT,
    recording    TEXT,
    started_at   INTEGER NOT NULL,
    answered_at  INTEGER,
    emergency_at INTEGER,
    talked_at    INTEGER,
    ended_at     INTEGER,
    result       TEXT,
    disposition  TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX call_started ON call (started_at);
CREATE INDEX call_number ON call (number, started_at);
CREATE INDEX call_person ON call (person);
CREATE INDEX call_ticket ON call (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX call_living ON call (started_at) WHERE ended_at IS NULL;
CREATE INDEX call_joins ON call (joins) WHERE joins IS NOT NULL AND ended_at IS NULL;
CREATE INDEX call_to_forget ON call (started_at)
    WHERE ended_at IS NOT NULL AND (number IS NOT NULL OR (direction = 'outgoing' AND dialled <> ''));

CREATE TABLE call_attempt (
    id           TEXT PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    call         TEXT NOT NULL,
    ticket       TEXT,
    target       TEXT NOT NULL,
    state        TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX call_attempt_target ON call_attempt (target, started_at);
CREATE INDEX call_attempt_ticket ON call_attempt (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX call_attempt_open ON call_attempt (started_at) WHERE state IN ('open', 'answered');
CREATE INDEX call_attempt_started ON call_attempt (started_at);
CREATE INDEX call_attempt_to_forget ON call_attempt (started_at) WHERE ended_at IS NOT NULL AND target <> '';

-- One open request a number.
CREATE TABLE callback_request (
    id             TEXT PRIMARY KEY,
    jurisdiction   TEXT NOT NULL,
    station        INTEGER NOT NULL,
    number         TEXT NOT NULL,
    person         INTEGER,
    language       TEXT NOT NULL,
    reason         TEXT NOT NULL,
    state          TEXT NOT NULL,
    queued_at      INTEGER NOT NULL,
    due            INTEGER NOT NULL,
    breached_at    INTEGER,
    triage         TEXT, -- JSON: who was told that nobody rang
    call           TEXT,
    calls          INTEGER NOT NULL,
    tries          INTEGER NOT NULL,
    next_try_at    INTEGER,
    recording      TEXT,
    ticket         TEXT,
    category       TEXT,
    by_person_only INTEGER NOT NULL,
    urgent         INTEGER NOT NULL,
    ended_at       INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX callback_one_open ON callback_request (number)
    WHERE state IN ('queued', 'offered', 'dialing', 'retry_wait');
CREATE INDEX callback_number ON callback_request (number);
CREATE INDEX callback_due ON callback_request (due) WHERE state IN ('queued', 'offered', 'dialing', 'retry_wait');
CREATE INDEX callback_queued ON callback_request (queued_at);
CREATE INDEX callback_request_to_forget ON callback_request (queued_at)
    WHERE number <> '+0000000' AND state NOT IN ('queued', 'offered', 'dialing', 'retry_wait');

-- ── tickets ─────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE ticket (
    id                TEXT PRIMARY KEY,
    number            TEXT NOT NULL UNIQUE, -- YYMMDD-TTT-NNNN
    jurisdiction      TEXT NOT NULL,
    channel           TEXT NOT NULL,
    call              TEXT,
    caller            TEXT,
    caller_trust      TEXT NOT NULL,
    beneficiary       INTEGER,
    language          TEXT NOT NULL,
    category          TEXT,
    urgency           TEXT NOT NULL,
    tier              TEXT NOT NULL,
    owner             INTEGER NOT NULL, -- the station that owes the answer
    first_receiver    INTEGER NOT NULL,
    area              TEXT,
    address           TEXT,
    latitude_e7       INTEGER,
    longitude_e7      INTEGER,
    place_basis       TEXT NOT NULL, -- how we know the place
    for_other         INTEGER NOT NULL,
    description       TEXT NOT NULL,
    recording         TEXT,
    state             TEXT NOT NULL,
    former_state      TEXT,
    version           INTEGER NOT NULL,
    confidentiality   TEXT NOT NULL,
    window_from       INTEGER,
    window_until      INTEGER,
    survey_consent    INTEGER NOT NULL,
    two_person        INTEGER NOT NULL,
    closure           TEXT,
    referral          TEXT, -- JSON: {confirmed_by, reference, confirmed_at}
    redo_count        INTEGER NOT NULL,
    reopen_count      INTEGER NOT NULL,
    return_count      INTEGER NOT NULL,
    repeat_count      INTEGER NOT NULL,
    merged_into       TEXT,
    linked_to         TEXT, -- the earlier ticket of the same matter
    supervision       INTEGER NOT NULL CHECK (supervision BETWEEN 0 AND 3),
    police_report     TEXT,
    risk              TEXT, -- JSON: a child's three answers, true for yes
    guardian          INTEGER, -- whether a child's guardian will be there: 1 yes, 0 no
    gender_wish       TEXT,
    catalogue_version INTEGER NOT NULL,
    rung              TEXT,
    alarm_rung        INTEGER,
    alarm_next_at     INTEGER,
    alarm_for_life    INTEGER NOT NULL, -- rung whoever is at it: it became life or safety
    tell_who_comes_at INTEGER,
    resume_at         INTEGER,
    void_proposed     TEXT,
    void_proposed_by  TEXT, -- JSON: {person, user}
    out_of_scope_by   TEXT, -- JSON: {person, user}: the first of a review board of two
    ladder_rests_until INTEGER, -- a station that a person chose has its time
    staff_by          INTEGER, -- its visit is near: staff has it by then
    time_agreed_at    INTEGER, -- a person last said the time; the category's own before
    accepts_missed    INTEGER NOT NULL,
    triage            TEXT, -- JSON: who was told that nobody looked at it in intake
    told              TEXT NOT NULL, -- JSON: list of stations that may take the work
    objections        TEXT NOT NULL, -- JSON: list of who gave it or a part back and why, who decides and until when
    supervision_due   INTEGER, -- supervision rises then unless somebody answers
    station_calls     TEXT NOT NULL, -- JSON: list of calls owed to duty telephones: which, why, when, the try
    opened_at         INTEGER NOT NULL,
    handled_at        INTEGER,
    closed_at         INTEGER,
    why               TEXT NOT NULL, -- a stable key for the screens
    is_open           INTEGER NOT NULL,
    erased_at         INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_open ON ticket (owner, state) WHERE is_open = 1;
CREATE INDEX ticket_caller ON ticket (caller) WHERE caller IS NOT NULL;
CREATE INDEX ticket_beneficiary ON ticket (beneficiary) WHERE beneficiary IS NOT NULL;
CREATE INDEX ticket_opened ON ticket (opened_at);
CREATE INDEX ticket_closed ON ticket (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX ticket_to_archive ON ticket (closed_at)
    WHERE state = 'closed' OR (state IN ('merged', 'void') AND erased_at IS NULL);
CREATE INDEX ticket_area ON ticket (area);
CREATE INDEX ticket_linked ON ticket (linked_to) WHERE linked_to IS NOT NULL;
CREATE INDEX ticket_merged ON ticket (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE ticket_clock (
    ticket      TEXT NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    calendar    TEXT NOT NULL,
    started     INTEGER NOT NULL,
    pauses      TEXT NOT NULL, -- JSON: list of {from, until}
    stopped     INTEGER,
    due         INTEGER NOT NULL,
    breached_at INTEGER,
    PRIMARY KEY (ticket, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_clock_due ON ticket_clock (due) WHERE stopped IS NULL;

-- People who handled a ticket: none of them may close it.
CREATE TABLE ticket_handler (
    ticket   TEXT NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    person   INTEGER,
    user     INTEGER, -- the login, for one that is nobody of the register
    PRIMARY KEY (ticket, position),
    CHECK (person IS NOT NULL OR user IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- The highest number given at a station on a day; a restore opens a new epoch further up.
CREATE TABLE ticket_sequence (
    station INTEGER NOT NULL,
    day     INTEGER NOT NULL, -- YYMMDD
    last    INTEGER NOT NULL CHECK (last BETWEEN 0 AND 9999),
    epoch   INTEGER NOT NULL,
    PRIMARY KEY (station, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE work_item (
    id           TEXT PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    ticket       TEXT NOT NULL REFERENCES ticket (id),
    role         TEXT NOT NULL,
    kind         TEXT NOT NULL,
    state        TEXT NOT NULL,
    station      INTEGER NOT NULL,
    facility     INTEGER, -- the institution it was given to
    slots        INTEGER NOT NULL,
    wave         INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    sent_at      INTEGER, -- the time for giving it back runs from here
    accepted_at  INTEGER,
    ended_at     INTEGER,
    clock        TEXT -- JSON: a co-handler's own
) STRICT, WITHOUT ROWID;
CREATE INDEX work_item_ticket ON work_item (ticket);

CREATE TABLE offer (
    id              TEXT PRIMARY KEY,
    jurisdiction    TEXT NOT NULL,
    ticket          TEXT NOT NULL,
    work_item       TEXT NOT NULL REFERENCES work_item (id),
    volunteer       INTEGER NOT NULL,
    phone           TEXT NOT NULL,
    wave            INTEGER NOT NULL,
    code            INTEGER NOT NULL CHECK (code BETWEEN 10 AND 99),
    state           TEXT NOT NULL,
    rank_ring       INTEGER NOT NULL,
    rank_acceptance INTEGER NOT NULL,
    rank_fairness   INTEGER NOT NULL,
    rank_continuity INTEGER NOT NULL,
    rank_rating     INTEGER NOT NULL,
    rank_score      INTEGER NOT NULL,
    text            TEXT,
    ring_why        TEXT,
    ring_at         INTEGER,
    ring_tries      INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    sent_at         INTEGER,
    expires_at      INTEGER NOT NULL,
    ended_at        INTEGER
) STRICT, WITHOUT ROWID;
-- The code tells offers to one number apart.
CREATE UNIQUE INDEX offer_code ON offer (phone, code) WHERE state IN ('draft', 'sent', 'delivered');
CREATE INDEX offer_ticket ON offer (ticket);
CREATE INDEX offer_volunteer ON offer (volunteer, created_at);
CREATE INDEX offer_created ON offer (created_at);

-- A duty telephone was told of work: its answers are recognised by the code.
CREATE TABLE task_notice (
    id           TEXT PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    ticket       TEXT NOT NULL REFERENCES ticket (id),
    station      INTEGER NOT NULL,
    facility     INTEGER, -- the institution whose telephone it is
    phone        TEXT NOT NULL,
    code         INTEGER NOT NULL CHECK (code BETWEEN 3000 AND 6999),
    text         TEXT,
    created_at   INTEGER NOT NULL,
    sent_at      INTEGER,
    taken_at     INTEGER,
    ended_at     INTEGER
) STRICT, WITHOUT ROWID;
-- The code tells tasks of one number apart.
CREATE UNIQUE INDEX task_notice_code ON task_notice (phone, code) WHERE ended_at IS NULL;
CREATE INDEX task_notice_ticket ON task_notice (ticket);
CREATE INDEX task_notice_created ON task_notice (created_at);

CREATE TABLE assignment (
    id            TEXT PRIMARY KEY,
    jurisdiction  TEXT NOT NULL,
    ticket        TEXT NOT NULL,
    work_item     TEXT NOT NULL REFERENCES work_item (id),
    volunteer     INTEGER,
    person        INTEGER,
    station       INTEGER NOT NULL,
    offer         TEXT,
    kind          TEXT NOT NULL,
    state         TEXT NOT NULL,
    visit_code    INTEGER NOT NULL CHECK (visit_code BETWEEN 0 AND 9999),
    window_from   INTEGER NOT NULL,
    window_until  INTEGER NOT NULL,
    accepted_at   INTEGER NOT NULL,
    asked_at      INTEGER,
    confirmed_at  INTEGER,
    well_at       INTEGER,
    missed_at     INTEGER,
    ring_why      TEXT,
    ring_at       INTEGER,
    ring_tries    INTEGER NOT NULL DEFAULT 0,
    checked_in_at INTEGER,
    ended_at      INTEGER,
    minutes       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- A volunteer is on at most one active visit.
CREATE UNIQUE INDEX assignment_one_visit ON assignment (volunteer)
    WHERE kind = 'visit' AND state IN ('accepted', 'en_route', 'on_site');
CREATE INDEX assignment_ticket ON assignment (ticket);
CREATE INDEX assignment_volunteer ON assignment (volunteer, accepted_at);
CREATE INDEX assignment_live ON assignment (state) WHERE state IN ('booked', 'accepted', 'en_route', 'on_site');
CREATE INDEX assignment_no_show ON assignment (ended_at) WHERE state = 'no_show';

CREATE TABLE survey (
    id           TEXT PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    ticket       TEXT NOT NULL REFERENCES ticket (id),
    number       TEXT NOT NULL,
    state        TEXT NOT NULL,
    by_machine   INTEGER NOT NULL,
    tries        INTEGER NOT NULL,
    tried_hours  TEXT NOT NULL, -- JSON: list of hours
    next_try_at  INTEGER NOT NULL,
    resolved     TEXT,
    satisfaction TEXT,
    discounted   INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_ticket ON survey (ticket);
CREATE INDEX survey_open ON survey (next_try_at) WHERE state IN ('planned', 'asking', 'texted', 'for_person');

-- The sound itself is a file, encrypted with a key of its own.
CREATE TABLE recording (
    id           TEXT PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    call         TEXT NOT NULL,
    ticket       TEXT,
    purpose      TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    length_ms    INTEGER,
    complete     INTEGER NOT NULL, -- 0: the disk did not take all of it
    kept_until   INTEGER, -- its retention class: when its ticket was archived, for how long
    erased_at    INTEGER, -- its key is to be destroyed
    destroyed_at INTEGER  -- its key is gone
) STRICT, WITHOUT ROWID;
CREATE INDEX recording_call ON recording (call);
CREATE INDEX recording_ticket ON recording (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX recording_kept ON recording (kept_until) WHERE kept_until IS NOT NULL AND erased_at IS NULL;
CREATE INDEX recording_unclassed ON recording (started_at) WHERE ticket IS NULL AND kept_until IS NULL;
CREATE INDEX recording_to_destroy ON recording (erased_at) WHERE erased_at IS NOT NULL AND destroyed_at IS NULL;

-- ── texts ───────────────────────────────────────────────────────────────────────────────────────
-- The outbox. `seq` is the order of leaving; `taken_at` says a sender has it in hand.
CREATE TABLE outgoing_text (
    id           TEXT PRIMARY KEY,
    seq          INTEGER NOT NULL UNIQUE,
    jurisdiction TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    template     TEXT NOT NULL,
    parameters   TEXT NOT NULL, -- JSON: object of strings
    body         TEXT NOT NULL,
    ticket       TEXT,
    offer        TEXT,
    survey       TEXT,
    created_at   INTEGER NOT NULL,
    not_before   INTEGER NOT NULL,
    not_after    INTEGER NOT NULL,
    quiet_exempt INTEGER NOT NULL,
    state        TEXT NOT NULL,
    taken_at     INTEGER,
    segments     INTEGER NOT NULL DEFAULT 0,
    reported_at  INTEGER,
    reason       TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX outgoing_text_waiting ON outgoing_text (seq) WHERE state = 'waiting' AND taken_at IS NULL;
CREATE INDEX outgoing_text_recipient ON outgoing_text (recipient, created_at);
CREATE INDEX outgoing_text_ticket ON outgoing_text (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX outgoing_text_to_forget ON outgoing_text (created_at)
    WHERE state <> 'waiting' AND recipient <> '+0000000';

-- What the centre calls each part: receipts name it.
CREATE TABLE outgoing_text_part (
    provider_id TEXT PRIMARY KEY,
    message     TEXT NOT NULL REFERENCES outgoing_text (id) ON DELETE CASCADE,
    part        INTEGER NOT NULL,
    state       TEXT NOT NULL,
    sent_at     INTEGER NOT NULL,
    reported_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX outgoing_text_part_message ON outgoing_text_part (message, part);

-- Committed before the centre is answered.
CREATE TABLE inbound_text (
    id          TEXT PRIMARY KEY,
    sender      TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    body        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    repeats     INTEGER NOT NULL DEFAULT 0, -- copies within two minutes
    handled_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX inbound_text_sender ON inbound_text (sender, received_at);
CREATE INDEX inbound_text_unhandled ON inbound_text (received_at) WHERE handled_at IS NULL;
CREATE INDEX inbound_text_to_forget ON inbound_text (received_at)
    WHERE handled_at IS NOT NULL AND sender <> '+0000000';

-- Texts the line did not understand: a person of the station reads them.
CREATE TABLE station_inbox (
    id           TEXT PRIMARY KEY, -- the inbound text's
    jurisdiction TEXT NOT NULL,
    station      INTEGER NOT NULL,
    sender       TEXT NOT NULL,
    person       INTEGER,
    body         TEXT NOT NULL,
    received_at  INTEGER NOT NULL,
    due          INTEGER NOT NULL,
    triage       TEXT, -- JSON: who was told that nobody read it
    line_said    TEXT, -- the text the line sent back at once
    state        TEXT NOT NULL,
    answer       TEXT, -- the text a person sent back
    ticket       TEXT,
    ended_at     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX station_inbox_waiting ON station_inbox (due) WHERE state = 'waiting';
CREATE INDEX station_inbox_sender ON station_inbox (sender, received_at);
CREATE INDEX station_inbox_person ON station_inbox (person) WHERE person IS NOT NULL;
CREATE INDEX station_inbox_ended ON station_inbox (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX station_inbox_to_forget ON station_inbox (ended_at) WHERE sender <> '+0000000';

-- What each operator is doing.
CREATE TABLE operator_standing (
    user         INTEGER PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    state        TEXT NOT NULL,
    since        INTEGER NOT NULL,
    away         TEXT, -- why, when away
    call         TEXT, -- the caller they are rung for, talk with or write about
    idle_since   INTEGER NOT NULL
) STRICT;

-- Callers who waited for a person: one place a call, which never changes.
CREATE TABLE queue_entry (
    call         TEXT PRIMARY KEY,
    jurisdiction TEXT NOT NULL,
    station      INTEGER NOT NULL,
    language     TEXT NOT NULL,
    urgent       INTEGER NOT NULL,
    state        TEXT NOT NULL,
    queued_at    INTEGER NOT NULL, -- the place
    wished_at    INTEGER NOT NULL, -- of this wait: who had a place before keeps it
    said_place   INTEGER,
    ended_at     INTEGER,
    operator     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_entry_waiting ON queue_entry (queued_at) WHERE ended_at IS NULL;
CREATE INDEX queue_entry_ended ON queue_entry (ended_at) WHERE ended_at IS NOT NULL;

-- What people noted of a number: danger near it, abuse from it. One without any mark is no row.
CREATE TABLE number_mark (
    id            TEXT PRIMARY KEY,
    number        TEXT NOT NULL UNIQUE,
    jurisdiction  TEXT NOT NULL,
    station       INTEGER NOT NULL,
    abuser_near   INTEGER NOT NULL,
    safe_from     INTEGER,
    safe_until    INTEGER,
    abuse         TEXT NOT NULL,
    noted_by      TEXT, -- JSON: {person, user}
    limited_until INTEGER,
    changed_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ── history ─────────────────────────────────────────────────────────────────────────────────────
-- Append-only and chained; opaque ids and nothing else.
CREATE TABLE event (
    seq             INTEGER PRIMARY KEY,
    at              INTEGER NOT NULL,
    jurisdiction    TEXT NOT NULL,
    actor_kind      TEXT NOT NULL,
    actor_person    INTEGER,
    actor_user      INTEGER,
    actor_volunteer INTEGER,
    actor_station   INTEGER,
    entity          TEXT NOT NULL,
    ticket          TEXT,
    kind            TEXT NOT NULL,
    v               INTEGER NOT NULL,
    body_hash       BLOB NOT NULL, -- SHA-256(salt, body)
    prev_hash       BLOB NOT NULL,
    hash            BLOB NOT NULL
) STRICT;
CREATE INDEX event_ticket ON event (ticket, seq) WHERE ticket IS NOT NULL;
CREATE INDEX event_entity ON event (entity, seq);
CREATE INDEX event_kind ON event (kind, at);

-- What a person may read; erasing deletes the row.
CREATE TABLE event_private (
    seq     INTEGER PRIMARY KEY REFERENCES event (seq),
    subject INTEGER,
    salt    BLOB NOT NULL,
    body    TEXT NOT NULL -- JSON: an object
) STRICT;
CREATE INDEX event_private_subject ON event_private (subject) WHERE subject IS NOT NULL;

-- ── the machine's own ───────────────────────────────────────────────────────────────────────────
-- Keys of the journal, wrapped by the installation key.
CREATE TABLE journal_key (
    id         INTEGER PRIMARY KEY,
    wrapped    BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Every input the desk was given, to know it again and to replay it; body encrypted, none when the journal is off.
CREATE TABLE input_journal (
    seq   INTEGER PRIMARY KEY,
    input TEXT NOT NULL UNIQUE,
    at    INTEGER NOT NULL,
    key   INTEGER,
    nonce BLOB,
    body  BLOB
) STRICT;
CREATE INDEX input_journal_at ON input_journal (at);

-- When the desk was last known at work: an outage is counted from the later of this and the last input.
CREATE TABLE heartbeat (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    at   INTEGER NOT NULL
) STRICT;

-- Inputs whose step was refused or panicked: never replayed.
CREATE TABLE quarantine (
    input  TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    reason TEXT NOT NULL,
    key    INTEGER,
    nonce  BLOB,
    body   BLOB
) STRICT, WITHOUT ROWID;

-- Menus, catalogue, calendars and templates: calls and tickets keep the version they began with.
CREATE TABLE settings_version (
    jurisdiction TEXT NOT NULL,
    kind         TEXT NOT NULL,
    version      INTEGER NOT NULL,
    toml         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    created_by   INTEGER,
    PRIMARY KEY (jurisdiction, kind, version)
) STRICT, WITHOUT ROWID;
