-- People who use the portal, in a database of their own: they are the same in both environments.

create table person (
    user_id            integer primary key,
    email              text    not null unique,
    password_hash      text    not null,
    totp_sealed        blob    not null,
    -- Null while the second factor is not asked for.
    totp_enabled_at_us integer,
    totp_used_step     integer not null,
    language           text    not null,
    theme              text    not null,
    created_at_us      integer not null
) strict;

create table recovery_code (
    user_id   integer not null references person (user_id),
    code_hash blob    not null,
    primary key (user_id, code_hash)
) strict, without rowid;

create table membership (
    user_id     integer primary key references person (user_id),
    merchant_id text    not null,
    role        text    not null check (role in ('owner', 'developer', 'finance', 'viewer'))
) strict;

create table session (
    token_hash      blob    not null primary key,
    user_id         integer not null references person (user_id),
    stage           text    not null check (stage in ('awaits_code', 'signed_in')),
    created_at_us   integer not null,
    seen_at_us      integer not null,
    confirmed_at_us integer not null
) strict, without rowid;

create index session_by_user on session (user_id);

-- Failures in a row, by what was guessed at.
create table throttle (
    gate       text    not null primary key,
    failures   integer not null,
    last_at_us integer not null
) strict, without rowid;

create index throttle_by_age on throttle (last_at_us);

-- What people did. Each hash covers the one before.
create table audit_entry (
    number      integer primary key,
    at_us       integer not null,
    user_id     integer not null,
    merchant_id text    not null,
    email       text    not null,
    address     text    not null,
    action      text    not null,
    -- Empty for what has nothing to do with one.
    environment text    not null,
    detail      text    not null,
    hash        blob    not null
) strict;

create index audit_entry_by_merchant on audit_entry (merchant_id, number);

create trigger audit_entry_is_never_changed before update on audit_entry
begin select raise(abort, 'an entry of the log is never changed'); end;

create trigger audit_entry_is_never_deleted before delete on audit_entry
begin select raise(abort, 'an entry of the log is never deleted'); end;
