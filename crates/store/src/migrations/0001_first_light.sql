-- Accounts, mobile money charges, the ledger, events and their deliveries.
-- Types are integer, text and blob; money is minor units, time is microseconds UTC (*_at_us).
-- account_id leads every key, so the tables can be distributed by it.

create table account (
    account_id           integer primary key,
    merchant_id          text    not null,
    merchant_name        text    not null,
    environment          text    not null check (environment in ('test', 'live')),
    account_number       text    not null,
    requires_number      integer not null,
    allowed_networks     text    not null,
    charge_fee_ppm       integer not null,
    charge_fee_flat_minor integer not null
) strict;
create unique index account_by_number on account (environment, account_number);

create table api_key (
    account_id    integer not null,
    key_hash      blob    not null,
    created_at_us integer not null,
    primary key (account_id, key_hash)
) strict, without rowid;

create table secret (
    account_id    integer not null,
    kind          text    not null,
    sealed        blob    not null,
    created_at_us integer not null,
    primary key (account_id, kind)
) strict, without rowid;

create table endpoint (
    account_id  integer not null,
    endpoint_id integer not null,
    url         text    not null,
    is_enabled  integer not null,
    primary key (account_id, endpoint_id)
) strict, without rowid;

create table payment (
    account_id         integer not null,
    payment_id         integer not null,
    kind               text    not null,
    method             text    not null,
    state              text    not null,
    version            integer not null,
    dgs_reference      text    not null,
    amount_minor       integer not null,
    currency           text    not null,
    fee_minor          integer not null,
    provider           text    not null,
    provider_reference text,
    next_action        text,
    reason_kind        text,
    reason_code        text,
    reason_text        text,
    callback_url       text,
    created_at_us      integer not null,
    finished_at_us     integer,
    primary key (account_id, payment_id)
) strict, without rowid;
create unique index payment_by_reference on payment (account_id, dgs_reference);
create index payment_by_provider_reference on payment (account_id, provider_reference)
    where provider_reference is not null;

create table charge (
    account_id      integer not null,
    payment_id      integer not null,
    customer_email  text    not null,
    customer_first_name text not null,
    customer_last_name  text not null,
    customer_phone  text    not null,
    redirect_url    text,
    narration       text,
    network         text,
    network_phone   text,
    scenario        text,
    primary key (account_id, payment_id)
) strict, without rowid;

create table provider_call (
    account_id       integer not null,
    payment_id       integer not null,
    provider         text    not null,
    client_reference text    not null,
    state            text    not null,
    due_at_us        integer not null,
    polls_made       integer not null,
    created_at_us    integer not null,
    primary key (account_id, payment_id)
) strict, without rowid;
create index provider_call_due on provider_call (due_at_us, account_id, payment_id)
    where state = 'open';

-- How many payments there are of each sort on each day: exact totals without counting rows.
create table payment_tally (
    account_id integer not null,
    day        integer not null,
    kind       text    not null,
    method     text    not null,
    currency   text    not null,
    state      text    not null,
    count      integer not null,
    primary key (account_id, day, kind, method, currency, state)
) strict, without rowid;

create table wallet (
    account_id      integer not null,
    currency        text    not null,
    pending_minor   integer not null check (pending_minor >= 0),
    available_minor integer not null check (available_minor >= 0),
    held_minor      integer not null check (held_minor >= 0),
    primary key (account_id, currency)
) strict, without rowid;

create table ledger_chain (
    account_id integer primary key,
    seq        integer not null,
    hash       blob    not null
) strict;

create table journal (
    account_id   integer not null,
    seq          integer not null,
    fact         text    not null,
    payment_id   integer,
    posted_at_us integer not null,
    hash         blob    not null,
    primary key (account_id, seq)
) strict, without rowid;

create table transfer (
    account_id   integer not null,
    seq          integer not null,
    line         integer not null,
    debit        text    not null,
    credit       text    not null,
    amount_minor integer not null check (amount_minor > 0),
    currency     text    not null,
    primary key (account_id, seq, line)
) strict, without rowid;

create trigger journal_is_final_update before update on journal
begin select raise(abort, 'journals are never changed'); end;
create trigger journal_is_final_delete before delete on journal
begin select raise(abort, 'journals are never deleted'); end;
create trigger transfer_is_final_update before update on transfer
begin select raise(abort, 'transfers are never changed'); end;
create trigger transfer_is_final_delete before delete on transfer
begin select raise(abort, 'transfers are never deleted'); end;

create table event (
    account_id    integer not null,
    event_id      integer not null,
    kind          text    not null,
    payment_id    integer not null,
    body          text    not null,
    created_at_us integer not null,
    primary key (account_id, event_id)
) strict, without rowid;
create index event_by_payment on event (account_id, payment_id);

create table delivery (
    account_id    integer not null,
    event_id      integer not null,
    endpoint_id   integer not null,
    url           text,
    state         text    not null,
    attempts_made integer not null,
    due_at_us     integer not null,
    is_leased     integer not null,
    primary key (account_id, event_id, endpoint_id)
) strict, without rowid;
create index delivery_due on delivery (due_at_us, account_id, event_id, endpoint_id)
    where state = 'pending';

create table attempt (
    account_id    integer not null,
    event_id      integer not null,
    endpoint_id   integer not null,
    number        integer not null,
    started_at_us integer not null,
    latency_us    integer not null,
    status        integer,
    fault         text,
    excerpt       text    not null,
    primary key (account_id, event_id, endpoint_id, number, started_at_us)
) strict, without rowid;

create table idempotency (
    account_id    integer not null,
    idempotency_key text  not null,
    operation     text    not null,
    fingerprint   blob    not null,
    body          text    not null,
    created_at_us integer not null,
    primary key (account_id, idempotency_key, operation)
) strict, without rowid;
create index idempotency_by_age on idempotency (created_at_us);

create table setting (
    name  text primary key,
    value text not null
) strict, without rowid;
