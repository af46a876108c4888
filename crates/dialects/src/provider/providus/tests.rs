//! The bank's own example and vectors, and what is like them and is none.

use super::*;
use domain::{Currency, Timestamp};

/// The bank's own example, with what `changes` make of it.
fn body(changes: &[(&str, &str)]) -> String {
    let mut text = r#"{
"sessionId": "000004210301180534806663649508",
"accountNumber": "9977581536",
"tranRemarks": "FROM UBA/...",
"transactionAmount": "1",
"settledAmount": "1",
"feeAmount": "0",
"vatAmount": "0",
"currency": "NGN",
"initiationTranRef": "kjhghjk",
"settlementId": "202210301006807600001432",
"sourceAccountNumber": "2093566866",
"sourceAccountName": "CASAFINA CREDIT-EASY LOAN",
"sourceBankName": "UNITED BANK FOR AFRICA",
"channelId": "1",
"tranDateTime": "2021-03-01 18:06:20"
}"#
    .to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

/// From the contract's test vectors.
const SIGNED: &str = "BE09BEE831CF262226B426E39BD1092AF84DC63076D4174FAC78A2261F9A3D6E59744983B8326B69CDF2963FE314DFC89635CFA37A40596508DD6EAAB09402C7";
/// As the bank's page prints it: 129 characters.
const MISPRINTED: &str = "BE09BEE831CF262226B426E39BD109f2AF84DC63076D4174FAC78A2261F9A3D6E59744983B8326B69CDF2963FE314DFC89635CFA37A40596508DD6EAAB09402C7";

fn bank() -> Providus {
    Providus::new(Secret::new(SANDBOX_CLIENT_ID), &Secret::new(SANDBOX_CLIENT_SECRET))
}

fn read(headers: &[(&str, &str)], body: &str) -> (String, Result<Notice, NoticeFault>) {
    let headers: Vec<(String, Vec<u8>)> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
        .collect();
    let now = Timestamp::default();
    bank().read_notice(&Callback { headers: &headers, path: "", body: body.as_bytes(), now })
}

fn signed(body: &str) -> Result<Notice, NoticeFault> {
    read(&[(SIGNATURE, SIGNED)], body).1
}

#[test]
fn the_banks_own_example_is_read() {
    let (session_id, notice) =
        read(&[(CLIENT_ID, SANDBOX_CLIENT_ID), (SIGNATURE, SIGNED)], &body(&[]));
    let notice = notice.unwrap();
    assert_eq!(session_id, "000004210301180534806663649508");
    assert_eq!(notice.settlement_id, "202210301006807600001432");
    assert_eq!((notice.sums.settled_minor, notice.sums.currency), (100, Currency::Ngn));
    assert_eq!(notice.sender.account_name, "CASAFINA CREDIT-EASY LOAN");
    // 18:06:20 in Lagos.
    assert_eq!(notice.paid_at, Some(Timestamp::from_micros(1_614_618_380_000_000)));
}

#[test]
fn only_the_right_password_opens_in_any_case() {
    let lower = SIGNED.to_lowercase();
    assert!(read(&[(SIGNATURE, &lower)], &body(&[])).1.is_ok());
    for headers in [
        &[][..],
        &[(SIGNATURE, "")],
        &[(SIGNATURE, MISPRINTED)],
        &[(SIGNATURE, &SIGNED[..126])],
        &[(SIGNATURE, SIGNED), (SIGNATURE, SIGNED)],
        &[(SIGNATURE, SIGNED), (CLIENT_ID, "another")],
        &[(CLIENT_ID, SANDBOX_CLIENT_ID)],
    ] {
        let (session_id, notice) = read(headers, &body(&[]));
        assert_eq!(notice, Err(NoticeFault::Forged), "{headers:?}");
        assert_eq!(session_id, "000004210301180534806663649508");
    }
}

#[test]
fn amounts_are_texts_or_numbers_and_exact() {
    let settled = |text: &str| {
        signed(&body(&[(r#""settledAmount": "1""#, &format!(r#""settledAmount": {text}"#))]))
            .map(|notice| notice.sums.settled_minor)
    };
    for (text, minor) in
        [("1", 100), (r#""1000.50""#, 100_050), ("1000.5", 100_050), (r#"" 0.00 ""#, 0), ("0", 0)]
    {
        assert_eq!(settled(text), Ok(minor), "{text}");
    }
    for text in [r#""""#, "null", r#""-1""#, r#""1,000""#, "0.001", r#""NaN""#, "true", r#""-0""#] {
        assert_eq!(settled(text), Err(NoticeFault::Field("settledAmount")), "{text}");
    }
}

#[test]
fn dates_are_read_in_all_their_forms() {
    let paid_at = |text: &str| {
        let notice = signed(&body(&[("2021-03-01 18:06:20", text)])).unwrap();
        notice.paid_at.map(Timestamp::as_micros)
    };
    assert_eq!(paid_at("2021-03-01 18:06:20.5"), Some(1_614_618_380_500_000));
    assert_eq!(paid_at("2021-03-01T18:06:20"), Some(1_614_618_380_000_000));
    assert_eq!(paid_at("2/13/2021 4:11:09 PM"), Some(1_613_229_069_000_000));
    assert_eq!(paid_at("12/31/2021 12:00:00 AM"), Some(1_640_905_200_000_000));
    // The date only informs: no money is lost over it.
    for text in ["", "yesterday", "2021-13-01 00:00:00"] {
        assert_eq!(paid_at(text), None, "{text}");
    }
}

#[test]
fn what_names_nothing_or_cannot_be_read_is_rejected() {
    for (from, to, field) in [
        ("202210301006807600001432", "", "settlementId"),
        (r#""settlementId""#, r#""settlement""#, "settlementId"),
        ("9977581536", " ", "accountNumber"),
        ("NGN", "XYZ", "currency"),
        (r#""transactionAmount": "1""#, r#""transactionAmount": "0""#, "transactionAmount"),
    ] {
        assert_eq!(signed(&body(&[(from, to)])), Err(NoticeFault::Field(field)), "{to}");
    }
    for body in ["", "[]", "{", r#"{"a":1,"a":2}"#, "\u{feff}{}"] {
        assert!(matches!(signed(body), Err(NoticeFault::Json(_))), "{body}");
    }
}

#[test]
fn what_the_sandboxs_bank_writes_is_read_back() {
    let notice = signed(&body(&[])).unwrap();
    let (headers, text) = bank().write_notice(&notice);
    let callback =
        Callback { headers: &headers, path: "", body: text.as_bytes(), now: Timestamp::default() };
    assert_eq!(bank().read_notice(&callback).1, Ok(notice));
}

fn reply(status: u16, body: &str) -> Reply {
    Reply::Answered { status, body: Zeroizing::new(body.as_bytes().to_vec()) }
}

#[test]
fn the_banks_answer_decides_only_where_it_is_one() {
    let told = signed(&body(&[])).unwrap();
    let disagrees = Judgement::Hold(ReviewReason::BankDisagrees);
    for (reply, expected) in [
        (reply(200, &body(&[])), Judgement::Credit),
        (reply(200, &body(&[(r#""1""#, "1.00")])), Judgement::Credit),
        (reply(200, &body(&[(r#""settledAmount": "1""#, r#""settledAmount": "2""#)])), disagrees),
        (reply(200, &body(&[("9977581536", "9977581537")])), disagrees),
        (reply(200, &body(&[("NGN", "USD")])), disagrees),
        (reply(200, &body(&[("202210301006807600001432", "2")])), disagrees),
        (
            reply(200, r#"{"settlementId":"","tranRemarks":"Settlement Id does not exist"}"#),
            Judgement::Unheard,
        ),
        (reply(200, r#"{"settlementId":"202210301006807600001432"}"#), Judgement::Silent),
        (reply(200, "<html>"), Judgement::Silent),
        (reply(500, &body(&[])), Judgement::Silent),
        (Reply::Lost, Judgement::Silent),
        (Reply::NotSent, Judgement::Silent),
    ] {
        assert_eq!(bank().judge(&reply, &told), expected, "{reply:?}");
    }
}

#[test]
fn accounts_are_opened_as_the_bank_answers() {
    let bank = bank();
    let request = bank.open_account(
        "https://b/api",
        VirtualAccountKind::Reserved,
        "Ada",
        Some("22222222222"),
    );
    assert_eq!(request.url, "https://b/api/PiPCreateReservedAccountNumber");
    assert_eq!(&**request.body, br#"{"account_name":"Ada","bvn":"22222222222"}"#);
    let request = bank.open_account("https://b/api", VirtualAccountKind::Dynamic, "Ada", None);
    assert_eq!(&**request.body, br#"{"account_name":"Ada"}"#);
    assert_eq!(
        bank.verify("https://b/api", "a&b").url,
        "https://b/api/PiPverifyTransaction_settlementid?settlement_id=a%26b"
    );

    let opened = r#"{"requestSuccessful":true,"responseCode":"00","account_number":"9977581536","account_name":"DGS(Ada)"}"#;
    let expected = Opened { number: "9977581536".to_owned(), name: "DGS(Ada)".to_owned() };
    assert_eq!(bank.read_opened(&reply(200, opened)), Ok(expected));
    let refused = r#"{"requestSuccessful":false,"responseCode":"03","responseMessage":"BVN?"}"#;
    let fault = OpenFault::Refused("BVN?".to_owned());
    assert_eq!(bank.read_opened(&reply(200, refused)), Err(fault));
    let unnumbered = r#"{"requestSuccessful":true,"account_number":""}"#;
    for lost in [reply(200, unnumbered), reply(500, opened), Reply::Lost] {
        assert_eq!(bank.read_opened(&lost), Err(OpenFault::NoAnswer));
    }
}

#[test]
fn the_password_is_in_no_debug_text() {
    let text = format!("{:?}", bank());
    assert!(!text.contains("29A492") && !text.to_uppercase().contains("BE09BEE8"), "{text}");
}
