//! Every limit of the program, with its reason. Related limits are tied by assertions that the
//! compiler runs.

use std::time::Duration;

/// Commands that one transaction commits together. 64 costs a fifth of the rate, more gains nothing.
pub const GROUP_COMMANDS_MAX: usize = 512;

/// Commands that may wait for a lane; beyond it the caller is told to come back.
pub const LANE_QUEUE_MAX: usize = 8192;

/// A JSON request body. The largest the guide shows is under 2 KiB.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Lines of one bulk disbursement. All of them are decided and committed together, and hold up what
/// waits behind them: a thousand cost some tens of milliseconds.
pub const BULK_LINES_MAX: usize = 1_000;

/// The body of a bulk disbursement: about 1 KiB per line, where a usual line has 200 bytes.
pub const BULK_BODY_BYTES_MAX: usize = 1024 * 1024;

/// Nesting of a JSON body.
pub const JSON_DEPTH_MAX: usize = 32;

/// Request head: all header lines together, and their number.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
pub const HEADERS_MAX: usize = 100;

/// How long a client may take to send the head of a request, and then its body.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
pub const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// Connections open at once, in all and from one address.
pub const CONNECTIONS_MAX: usize = 10_000;
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 2_000;

/// How long a stopping process waits for requests in flight.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Requests per second that one account may make before it is told to slow down.
pub const REQUESTS_PER_SECOND: u32 = 20_000;

/// Characters of the free texts of a request.
pub const NAME_CHARS_MAX: usize = 100;
pub const EMAIL_CHARS_MAX: usize = 254;
pub const URL_CHARS_MAX: usize = 2048;
pub const NARRATION_CHARS_MAX: usize = 255;
pub const ADDRESS_CHARS_MAX: usize = 255;
pub const LINK_TITLE_CHARS_MAX: usize = 120;
pub const LINK_DESCRIPTION_CHARS_MAX: usize = 1000;
pub const SLUG_CHARS_MAX: usize = 64;
pub const REFERENCE_CHARS_MAX: usize = 64;
/// The longest IBAN; national numbers are shorter.
pub const BANK_ACCOUNT_CHARS_MAX: usize = 34;
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
pub const REQUEST_ID_CHARS_MAX: usize = 128;

/// How long the answer of an idempotent request is kept. The contract promises at least 7 days.
pub const IDEMPOTENCY_RETENTION: Duration = Duration::from_secs(8 * 24 * 3600);

/// How long a nonce of encrypted card data is remembered, and refused when it comes again. Not for
/// ever: with the guide's 48 random bits, honest repetitions would then become likely.
pub const CARD_NONCE_WINDOW: Duration = Duration::from_secs(72 * 3600);

/// Requests of one account whose card data cannot be decrypted, within a window that begins with the
/// first of them. After so many its encrypted cards and PINs wait for the window's end: nobody gets
/// to try out ciphertexts in numbers. More than a checkout with an outdated key sends by mistake.
pub const DECRYPTION_FAILURES_MAX: u32 = 100;
pub const DECRYPTION_WINDOW: Duration = Duration::from_secs(60);

/// How old a sealed card may be when it arrives, and how far ahead the payer's clock may stand.
pub const SEALED_CARD_AGE_MAX: Duration = Duration::from_secs(3600);
pub const SEALED_CARD_AHEAD_MAX: Duration = Duration::from_secs(300);

/// Characters of an encrypted card field or PIN, and of a sealed card: ten times what is needed.
pub const ENCRYPTED_CHARS_MAX: usize = 256;
pub const SEALED_CARD_CHARS_MAX: usize = 4096;

/// Wrong one-time codes that a card charge survives; the next one fails it.
pub const WRONG_OTPS_MAX: u8 = 3;

/// How long a request waits for another one under the same idempotency key.
pub const IDEMPOTENCY_WAIT: Duration = Duration::from_secs(30);

/// How long a webhook endpoint may take to answer, and how much of the answer is read and kept.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
pub const ATTEMPT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
pub const ATTEMPT_READ_BYTES_MAX: usize = 64 * 1024;
pub const ATTEMPT_EXCERPT_BYTES_MAX: usize = 1024;

/// How often a payment link may be paid: what a number in JavaScript holds exactly.
pub const LINK_USES_MAX: i64 = 1 << 53;

/// How long a claimed delivery belongs to the process that claimed it.
pub const DELIVERY_LEASE: Duration = Duration::from_secs(60);

/// Deliveries in flight to one endpoint, and in all. One that did not even answer gets a single
/// place until it does, so hundreds of dead receivers leave room for the living.
pub const DELIVERIES_PER_ENDPOINT_MAX: usize = 8;
pub const DELIVERIES_IN_FLIGHT_MAX: usize = 512;

/// Deliveries of one endpoint that wait in memory, some 12 MB of them; more stay in the store
/// until their lease has run out.
pub const DELIVERIES_WAITING_MAX: usize = 20_000;

/// Deliveries in hand in all, before no more are taken up from the store: one endpoint's full queue
/// leaves room for the retries of the others.
pub const DELIVERIES_HELD_MAX: usize = 65_536;

/// Deliveries of one endpoint per second that are taken up again, after an outage or by a replay.
/// New events are not held back by it.
pub const BACKLOG_PER_SECOND_MAX: u32 = 50;

/// Endpoints of one account: every event is weighed against each.
pub const ENDPOINTS_PER_ACCOUNT_MAX: usize = 16;

/// How long an endpoint may fail without a break before nothing new is tried.
pub const ENDPOINT_FAILS_FOR: Duration = Duration::from_secs(5 * 24 * 3600);

/// How often a success is noted on a healthy endpoint, so that deliveries do not all write it.
pub const SUCCESS_NOTED_EVERY: Duration = Duration::from_secs(60);

/// How long a replaced webhook secret may sign along, and does where nobody says.
pub const SECRET_OVERLAP_MAX: Duration = Duration::from_secs(72 * 3600);
pub const SECRET_OVERLAP_DEFAULT: Duration = Duration::from_secs(24 * 3600);

/// Deliveries that one replay takes up; the caller repeats it for more.
pub const REPLAYED_AT_ONCE_MAX: usize = 1000;

/// Characters of a webhook secret that a merchant brings along.
pub const SECRET_CHARS_MIN: usize = 20;
pub const SECRET_CHARS_MAX: usize = 128;

/// Bounds of a `Retry-After` that a receiver may ask for.
pub const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);

/// Rows of a list page.
pub const PAGE_ROWS_DEFAULT: u32 = 20;
pub const PAGE_ROWS_MAX: u32 = 100;

/// Events of one page of the feed; how long a request may wait for the next one, and how many of an
/// account may wait at once.
pub const FEED_EVENTS_MAX: u32 = 100;
pub const FEED_WAIT_MAX: Duration = Duration::from_secs(30);
pub const FEED_WAITERS_MAX: usize = 64;

/// How long a charge whose outcome nobody tells us is asked about before a person must look.
pub const POLL_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long all requests of one call to a provider may take together, and how long the call
/// belongs to whoever makes it.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(110);
pub const CALL_LEASE: Duration = Duration::from_secs(120);

/// How long a request waits for the provider's first answer before it tells what is known.
pub const FIRST_ANSWER_WAIT: Duration = Duration::from_secs(10);

/// When a payout that could not even be sent is tried again.
pub const SEND_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Bytes of a provider's answer and of its callback that are read.
pub const PROVIDER_ANSWER_BYTES_MAX: usize = 1024 * 1024;
pub const CALLBACK_BODY_BYTES_MAX: usize = 64 * 1024;

/// Requests that one call to a provider may take.
pub const REQUESTS_PER_CALL_MAX: usize = 8;

/// Calls to one provider at once.
pub const CALLS_PER_PROVIDER_MAX: usize = 64;
/// A line of a provider's statement, and its cells: real ones have some hundred bytes and some tens.
pub const STATEMENT_LINE_BYTES_MAX: usize = 64 * 1024;
pub const STATEMENT_COLUMNS_MAX: usize = 256;
/// Providers name payments in some tens of letters.
pub const STATEMENT_REFERENCE_BYTES_MAX: usize = 256;

/// A statement that is sent to a running gateway: two million usual lines. It goes to disk, not into
/// memory. And how long it may take to arrive.
pub const STATEMENT_BYTES_MAX: usize = 256 * 1024 * 1024;
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(300);
/// Lines of a statement that are no payment of ours: with more, it is not ours, and memory is saved.
pub const DIFFERENCES_MAX: usize = 100_000;
/// Differences recorded by one command, so that none holds up what waits behind it.
pub const DIFFERENCES_PER_COMMAND: usize = 200;
/// What a person says about a difference.
pub const RESOLUTION_NOTE_BYTES_MAX: usize = 1_000;

/// How long before a period the payments were made that its statement may speak of, and how long
/// after its end: a payment is asked about for a week, and a person may confirm it later.
pub const STATEMENT_LOOKBACK: Duration = Duration::from_secs(31 * 24 * 3600);
pub const STATEMENT_LOOKAHEAD: Duration = Duration::from_secs(24 * 3600);

/// The write-ahead log beyond which the writer pauses to let a checkpoint finish.
pub const WAL_PAGES_MAX: u32 = 32 * 1024;

// A lease must outlive the slowest attempt, or two workers send the same delivery.
const _: () = assert!(
    DELIVERY_LEASE.as_secs() > ATTEMPT_TIMEOUT.as_secs() + ATTEMPT_CONNECT_TIMEOUT.as_secs()
);
const _: () = assert!(CALL_LEASE.as_secs() > CALL_TIMEOUT.as_secs());
const _: () = assert!(DELIVERIES_WAITING_MAX <= DELIVERIES_HELD_MAX);
const _: () = assert!(DELIVERIES_PER_ENDPOINT_MAX <= DELIVERIES_IN_FLIGHT_MAX);
const _: () = assert!(IDEMPOTENCY_RETENTION.as_secs() >= 7 * 24 * 3600);
// A sealed card must become too old before the memory of it goes.
const _: () = assert!(
    CARD_NONCE_WINDOW.as_secs() > SEALED_CARD_AGE_MAX.as_secs() + SEALED_CARD_AHEAD_MAX.as_secs()
);
// Nonces are forgotten along with the answers under idempotency keys.
const _: () = assert!(IDEMPOTENCY_RETENTION.as_secs() > CARD_NONCE_WINDOW.as_secs());
