//! English.

use super::Texts;

pub static TEXTS: Texts = Texts {
    code: "en",
    payment_to: "Payment to",
    waiting_title: "Waiting for your approval",
    waiting_text: "Approve the request on your phone with your mobile money PIN. This page follows the payment by itself.",
    successful_title: "Payment received",
    successful_text: "Thank you. You may close this page.",
    failed_title: "Payment not completed",
    failed_text: "Nothing was taken from your account.",
    reference: "Reference",
    return_to_merchant: "Return to the merchant",
    simulated_phone: "Simulated phone",
    simulated_phone_text: "This is a sandbox: no real phone rings. Answer here for the customer, or wait.",
    approve: "Approve",
    refuse: "Refuse",
    card_waiting_text: "Finish the payment where you began it. This page follows the payment by itself.",
    bank_title: "Simulated bank",
    bank_text: "This is a sandbox: no real bank is asked. Approve or refuse the payment here, as the cardholder would.",
    card_ending_in: "Card ending in",
    not_found_title: "No such payment",
    not_found_text: "The address is incomplete or out of date. Ask the merchant for a new one.",
    sandbox_title: "The sandbox is running",
    sandbox_text: "Money here is simulated. Your own server can take, follow and settle payments against this address exactly as it would in production.",
    sandbox_base_url: "API base URL",
    sandbox_credentials: "The API key, account number, encryption key and webhook secret were printed in the terminal when the sandbox started, with a first request to paste.",
    sandbox_next: "Then read GET /balance and GET /transactions, and see the webhook arrive at the address given with --webhook-url.",
};
