-- Accounts, payments of every kind, the ledger, events and their deliveries.
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
    charge_fee_flat_minor integer not null,
    disbursement_fee_ppm integer not null,
    disbursement_fee_flat_minor integer not null,
    -- 'after:MICROSECONDS' or 'business_days:N'
    settlement_rule      text    not null,
    card_currencies      text    not null
) strict;
create unique index account_by_number on account (environment, account_number);

create table api_key (
    account_id    integer not null,
    key_hash      blob    not null,
    created_at_us integer not null,
    -- Null for the key that no other has replaced.
    ends_at_us    integer,
    primary key (account_id, key_hash)
) strict, without rowid;

create table secret (
    account_id    integer not null,
    kind          text    not null,
    sealed        blob    not null,
    created_at_us integer not null,
    -- The secret before it, while that is accepted too.
    sealed_old    blob,
    old_ends_at_us integer,
    primary key (account_id, kind)
) strict, without rowid;

create table endpoint (
    account_id  integer not null,
    endpoint_id integer not null,
    url         text    not null,
    dialect     text    not null,
    -- Words of the dialect, parted by spaces; empty for all.
    events      text    not null,
    description text,
    state       text    not null,
    failing_since_us    integer,
    last_success_at_us  integer,
    -- Null where the account's own secret signs.
    sealed_secret       blob,
    sealed_old_secret   blob,
    old_secret_ends_at_us  integer,
    old_secret_signs_alone integer,
    created_at_us       integer not null,
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
    link_id            integer,
    refunded_minor     integer not null,
    created_at_us      integer not null,
    finished_at_us     integer,
    settled_at_us      integer,
    primary key (account_id, payment_id)
) strict, without rowid;
create unique index payment_by_reference on payment (account_id, dgs_reference);
create index payment_by_provider_reference on payment (account_id, provider_reference)
    where provider_reference is not null;

create index payment_by_link on payment (account_id, link_id, payment_id)
    where link_id is not null;
-- Lists of what is rare among successful mobile money charges, which stand in neither index. Both
-- hold all that lists are filtered by, so rows are read only once it is known which.
create index payment_unsuccessful on payment
    (account_id, payment_id, state, kind, method, currency, link_id, created_at_us)
    where state <> 'successful';
create index payment_unusual on payment
    (account_id, payment_id, state, kind, method, currency, link_id, created_at_us)
    where kind <> 'charge' or method <> 'mobile_money' or currency <> 'RWF';

create table charge (
    account_id      integer not null,
    payment_id      integer not null,
    customer_email  text    not null,
    customer_first_name text not null,
    customer_last_name  text not null,
    customer_phone  text    not null,
    customer_address text,
    redirect_url    text,
    narration       text,
    network         text,
    network_phone   text,
    card_brand      text,
    card_first_six  text,
    card_last_four  text,
    card_expiry_month integer,
    card_expiry_year  integer,
    card_wrong_otps integer,
    page_url        text,
    instruction     text,
    scenario        text,
    primary key (account_id, payment_id)
) strict, without rowid;

create table disbursement (
    account_id       integer not null,
    payment_id       integer not null,
    bank_key         text,
    account_number   text,
    branch           text,
    network          text,
    phone            text,
    recipient_name   text,
    narration        text,
    scenario         text,
    bulk_id          integer,
    bulk_line        integer,
    line_reference   text,
    proof            text,
    primary key (account_id, payment_id)
) strict, without rowid;
create index disbursement_by_bulk on disbursement (account_id, bulk_id, bulk_line)
    where bulk_id is not null;

create table conversion (
    account_id      integer not null,
    payment_id      integer not null,
    target_minor    integer not null,
    target_currency text    not null,
    rate_micros     integer not null,
    rate_quoted_at_us integer not null,
    scenario        text,
    primary key (account_id, payment_id)
) strict, without rowid;

create table refund (
    account_id       integer not null,
    payment_id       integer not null,
    charge_id        integer not null,
    charge_reference text    not null,
    reason           text,
    scenario         text,
    primary key (account_id, payment_id)
) strict, without rowid;
create index refund_by_charge on refund (account_id, charge_id);

-- Charges whose net is owed to the merchant.
create table settlement (
    account_id integer not null,
    payment_id integer not null,
    due_at_us  integer not null,
    is_done    integer not null,
    primary key (account_id, payment_id)
) strict, without rowid;
create index settlement_due on settlement (due_at_us, account_id, payment_id) where is_done = 0;

create table payment_link (
    account_id       integer not null,
    link_id          integer not null,
    slug             text    not null,
    title            text    not null,
    description      text,
    currency         text    not null,
    -- Null where the payer chooses the amount.
    amount_minor     integer,
    min_minor        integer,
    max_minor        integer,
    methods          text    not null,
    redirect_url     text,
    callback_url     text,
    logo_url         text,
    uses_max         integer,
    expires_at_us    integer,
    collects_phone   integer not null,
    collects_name    integer not null,
    collects_address integer not null,
    archived_at_us   integer,
    uses             integer not null,
    pending          integer not null,
    failed           integer not null,
    collected_minor  integer not null,
    created_at_us    integer not null,
    primary key (account_id, link_id)
) strict, without rowid;
create unique index payment_link_by_slug on payment_link (slug);

-- Account numbers at banks that money comes in by.
create table virtual_account (
    account_id    integer not null,
    virtual_account_id integer not null,
    provider      text    not null,
    kind          text    not null,
    number        text    not null,
    name          text    not null,
    bank_name     text    not null,
    created_at_us integer not null,
    primary key (account_id, virtual_account_id)
) strict, without rowid;
create unique index virtual_account_by_number on virtual_account (provider, number);

-- Credits that banks told us of, whether or not they were believed.
create table deposit (
    account_id    integer not null,
    deposit_id    integer not null,
    virtual_account_id integer not null,
    provider      text    not null,
    settlement_id text    not null,
    session_id    text    not null,
    account_number text   not null,
    currency      text    not null,
    transaction_minor integer not null,
    settled_minor integer not null,
    fee_minor     integer not null,
    vat_minor     integer not null,
    sender_account_number text not null,
    sender_account_name text not null,
    sender_bank_name text not null,
    remarks       text,
    paid_at_us    integer,
    state         text    not null,
    review        text,
    payment_id    integer,
    due_at_us     integer not null,
    polls_made    integer not null,
    received_at_us integer not null,
    primary key (account_id, deposit_id)
) strict, without rowid;
create unique index deposit_by_settlement on deposit (provider, settlement_id);
create unique index deposit_by_payment on deposit (account_id, payment_id)
    where payment_id is not null;
create index deposit_held on deposit (received_at_us, account_id, deposit_id)
    where state = 'needs_review';
create index deposit_due on deposit (due_at_us, account_id, deposit_id)
    where state = 'unverified';

-- Nonces of encrypted card fields: none serves twice within its window.
create table card_nonce (
    account_id integer not null,
    nonce      text    not null,
    used_at_us integer not null,
    primary key (account_id, nonce)
) strict, without rowid;
create index card_nonce_by_age on card_nonce (used_at_us);

-- What one unit of a currency costs in another, in millionths, and who says so since when.
create table rate (
    source        text    not null,
    target        text    not null,
    micros        integer not null,
    origin        text    not null,
    quoted_at_us  integer not null,
    primary key (source, target)
) strict, without rowid;

create table provider_call (
    account_id       integer not null,
    payment_id       integer not null,
    provider         text    not null,
    client_reference text    not null,
    state            text    not null,
    is_sent          integer not null,
    due_at_us        integer not null,
    is_leased        integer not null,
    polls_made       integer not null,
    note             text,
    created_at_us    integer not null,
    primary key (account_id, payment_id)
) strict, without rowid;
create index provider_call_due on provider_call (due_at_us, account_id, payment_id)
    where state in ('open', 'recheck');
-- The sandbox's own provider never calls, and has no need to be found.
create index provider_call_by_reference on provider_call (provider, client_reference)
    where provider <> 'simulator';
create index provider_call_for_review on provider_call (account_id, payment_id)
    where state = 'needs_review';

-- What providers called us with: each message once.
create table inbound_callback (
    provider       text    not null,
    name           text    not null,
    -- Null where we follow no such payment.
    account_id     integer,
    payment_id     integer,
    body           text    not null,
    received_at_us integer not null,
    primary key (provider, name)
) strict, without rowid;

-- How many payments there are of each sort on each day: exact totals without counting rows.
create table payment_tally (
    account_id integer not null,
    day        integer not null,
    kind       text    not null,
    method     text    not null,
    currency   text    not null,
    state      text    not null,
    -- 0 for payments that came through no link.
    link_id    integer not null,
    count      integer not null,
    primary key (account_id, day, kind, method, currency, state, link_id)
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
    -- In the endpoint's dialect, where that differs from the event's body.
    body          text,
    state         text    not null,
    attempts_made integer not null,
    attempts_before integer not null,
    due_at_us     integer not null,
    is_leased     integer not null,
    primary key (account_id, event_id, endpoint_id)
) strict, without rowid;
-- By endpoint first, so that a backlog of one never hides what is due to another.
create index delivery_due on delivery (account_id, endpoint_id, due_at_us, event_id)
    where state = 'pending';
create index delivery_parked on delivery (account_id, event_id, endpoint_id)
    where state = 'parked';

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
    -- Null while the first request waits for a provider.
    body          text,
    payment_id    integer,
    created_at_us integer not null,
    primary key (account_id, idempotency_key, operation)
) strict, without rowid;
create index idempotency_by_age on idempotency (created_at_us);

-- Providers' statements that were compared. Of the operator, not of an account.
create table reconciliation_run (
    run_id         text    primary key,
    provider       text    not null,
    file_name      text    not null,
    file_digest    text    not null,
    from_us        integer not null,
    until_us       integer not null,
    zone_east_s    integer not null,
    lines          integer not null,
    matched        integer not null,
    differences    integer not null,
    imported_at_us integer not null
) strict, without rowid;

-- What a statement differs in. Account 0 where we know of no payment.
create table reconciliation_item (
    account_id         integer not null,
    item_id            text    not null,
    run_id             text    not null,
    provider           text    not null,
    class              text    not null,
    payment_id         integer,
    dgs_reference      text,
    our_state          text,
    our_amount_minor   integer,
    our_currency       text,
    our_at_us          integer,
    line_number        integer,
    provider_reference text,
    client_reference   text,
    their_amount_minor integer,
    their_currency     text,
    their_fee_minor    integer,
    their_status       text,
    their_direction    text,
    their_at_us        integer,
    is_day_only        integer,
    listed_at_us       integer not null,
    note               text,
    resolved_at_us     integer,
    primary key (account_id, item_id)
) strict, without rowid;
create unique index reconciliation_item_by_id on reconciliation_item (item_id);

create table setting (
    name  text primary key,
    value text not null
) strict, without rowid;
