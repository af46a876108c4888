//! What processors and payout networks say, with their codes.

/// `processor_response` of charges, and the values of `issuer:`.
pub const ISSUER: [(&str, &str); 45] = [
    ("00", "approved"),
    ("01", "refer_to_issuer"),
    ("02", "refer_to_issuer_special_condition"),
    ("03", "invalid_merchant"),
    ("04", "pick_up_card_no_fraud"),
    ("05", "do_not_honor"),
    ("06", "error"),
    ("07", "pick_up_card_fraud"),
    ("10", "partial_approval"),
    ("12", "invalid_transaction"),
    ("13", "invalid_amount"),
    ("14", "invalid_account_number"),
    ("15", "no_such_issuer"),
    ("19", "reenter_transaction"),
    ("21", "no_action_taken"),
    ("25", "unable_to_locate_record_in_file"),
    ("28", "file_temporarily_not_available"),
    ("41", "lost_card_pick_up"),
    ("43", "stolen_card_pick_up"),
    ("51", "insufficient_funds"),
    ("52", "no_checking_account"),
    ("53", "no_savings_account"),
    ("54", "expired_card"),
    ("55", "incorrect_pin"),
    ("57", "transaction_not_permitted_card"),
    ("58", "transaction_not_permitted_terminal"),
    ("59", "suspected_fraud"),
    ("61", "exceeds_approval_amount_limit"),
    ("62", "invalid_restricted_service_code"),
    ("63", "security_violation"),
    ("64", "transaction_does_not_fulfill_aml_req"),
    ("65", "exceeds_withdrawal_limit"),
    ("70", "pin_data_required"),
    ("75", "pin_entry_tries_exceeded"),
    ("76", "unsolicited_reversal"),
    ("78", "blocked_first_use"),
    ("79", "already_reversed"),
    ("82", "negative_cvv_result"),
    ("85", "no_reason_to_decline"),
    ("86", "cannot_verify_pin"),
    ("91", "issuer_unavailable"),
    ("92", "unable_to_route_transaction"),
    ("93", "cannot_complete_violation_of_law"),
    ("96", "system_error"),
    ("97", "invalid_cvv"),
];

/// `provider_response` of transfers.
pub const PAYOUT: [(&str, &str); 14] = [
    ("0301", "transfer_amount_exceeds_limit"),
    ("0302", "transfer_amount_below_limit"),
    ("0303", "monthly_transfer_limit_exceeded"),
    ("0304", "daily_transfer_limit_exceeded"),
    ("0305", "transfer_limit_not_set_for_currency"),
    ("0306", "payout_creation_failed"),
    ("0307", "insufficient_balance"),
    ("0308", "service_unavailable"),
    ("0309", "transfer_failed"),
    ("0310", "pricing_not_set"),
    ("0311", "currency_conversion_not_set"),
    ("0312", "rejected_recipient_merchant"),
    ("0313", "invalid_bank_code"),
    ("0314", "unable_to_determine_country"),
];

/// How a transfer's scenario ends: the type of its failure, or the error its request meets.
pub const TRANSFER_FAILURES: [(&str, &str); 16] = [
    ("insufficient_balance", "insufficient_balance"),
    ("invalid_currency", "invalid_wallet_currency"),
    ("invalid_wallet_currency", "invalid_wallet_currency"),
    ("amount_below_limit_error", "transfer_amount_below_limit"),
    ("transfer_amount_below_limit", "transfer_amount_below_limit"),
    ("currency_amount_below_limit", "transfer_amount_below_limit"),
    ("amount_exceed_limit_error", "transfer_amount_exceeds_limit"),
    ("currency_amount_exceed_limit", "transfer_amount_exceeds_limit"),
    ("day_limit_error", "daily_transfer_limit_exceeded"),
    ("day_transfer_limit_exceeded", "daily_transfer_limit_exceeded"),
    ("month_limit_error", "monthly_transfer_limit_exceeded"),
    ("month_transfer_limit_exceeded", "monthly_transfer_limit_exceeded"),
    ("blocked_bank", "invalid_bank_code"),
    ("no_account_found", "transfer_failed"),
    ("account_resolved_failed", "transfer_failed"),
    ("failed", "transfer_failed"),
];

pub const TRANSFER_REFUSALS: [&str; 9] = [
    "disabled_transfer",
    "file_too_large",
    "invalid_amount",
    "invalid_amount_validation",
    "invalid_bulk_data",
    "invalid_payouts",
    "invalid_reference",
    "invalid_reference_length",
    "unavailable_transfer_option",
];

pub fn code(table: &[(&'static str, &'static str)], kind: &str) -> &'static str {
    table.iter().find(|(_, other)| *other == kind).map_or("06", |(code, _)| code)
}
