//! What customers and merchants type is text on every page and in every file, whatever it looks
//! like.

use testkit::sandbox::Options;

use crate::browser::{Browser, between, charge, sandbox};

/// Beginnings, middles and ends that browsers have taken for markup: 7 × 6 × 5 payloads.
fn payloads() -> Vec<String> {
    let openings = [
        "<script>",
        "<img src=x onerror=",
        "\"><svg onload=",
        "'><body onload=",
        "</title><script>",
        "</textarea><iframe srcdoc=",
        "<a href=\"javascript:",
    ];
    let middles =
        ["alert(1)", "alert`1`", "&#97;lert(1)", "\\u0061lert(1)", "top['al'+'ert'](1)", "{{7*7}}"];
    let ends = ["</script>", ">", "\">", "//", "-->"];
    let mut payloads = Vec::new();
    for opening in openings {
        for middle in middles {
            payloads.extend(ends.map(|end| format!("{opening}{middle}{end}")));
        }
    }
    payloads
}

/// The characters that make markup.
fn markup(html: &str) -> [usize; 4] {
    ['<', '>', '"', '\''].map(|mark| html.matches(mark).count())
}

#[test]
fn names_and_narrations_are_text_on_the_page_of_their_payment() {
    let payloads = payloads();
    assert!(payloads.len() >= 200);
    let sandbox = sandbox(Options::default());
    let mut browser = Browser::owner(&sandbox);
    let mut page_of = |name: &str, narration: &str| {
        let answer = charge(&sandbox, name, narration);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        let id = answer.json()["transaction_id"].as_str().expect("an id").to_owned();
        browser.page(&format!("test/transactions/{id}"))
    };
    let plain = markup(&page_of("Jane", "Invoice"));
    for payload in &payloads {
        let page = page_of(payload, payload);
        assert_eq!(markup(&page), plain, "{payload}");
    }
    // The list with searches that look like markup, and the log with their export.
    let plain = markup(&browser.page("test/transactions?search=nothing&from=a&to=b"));
    for payload in payloads.iter().step_by(7) {
        let typed =
            crate::browser::encoded(&[("search", payload), ("from", payload), ("to", payload)]);
        assert_eq!(
            markup(&browser.page(&format!("test/transactions?{typed}"))),
            plain,
            "{payload}"
        );
    }
    let answer = browser.try_sign_in("\"><script>alert(1)</script>", "x");
    assert!(!answer.text().contains("<script>alert"));
}

#[test]
fn an_export_holds_every_row_once_and_no_formula() {
    let sandbox = sandbox(Options::default());
    let formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =cmd|'/c calc'!A1", "x\",=1+1,\""];
    for number in 0..600 {
        let formula = formulas[number % formulas.len()];
        let answer = charge(&sandbox, &format!("Jane{number}"), formula);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let mut browser = Browser::owner(&sandbox);
    let answer = browser.get("test/transactions.csv?type=charge");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let text = answer.text().into_owned();
    let rows: Vec<&str> = text.split("\r\n").filter(|row| !row.is_empty()).collect();
    assert_eq!(rows.len(), 601);
    for number in 0..600 {
        assert!(text.contains(&format!(",Jane{number} Doe,")), "{number}");
    }
    for row in &rows[1..] {
        let mut cells = cells(row);
        assert_eq!(cells.len(), 16, "{row}");
        cells.retain(|cell| cell.starts_with(['=', '+', '-', '@', '\t']));
        assert!(cells.is_empty(), "{row}");
    }
    let log = browser.page("test/audit-log");
    assert!(log.contains("Transactions exported") && log.contains("type=charge"));
    let none = browser.get("test/transactions.csv?status=failed").text().into_owned();
    assert_eq!(none.split("\r\n").filter(|row| !row.is_empty()).count(), 1);
    assert_eq!(between(&none, "id,", ","), Some("dgs_reference"));
}

/// The cells of a row of RFC 4180.
fn cells(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    let mut letters = row.chars().peekable();
    while let Some(letter) = letters.next() {
        let cell = cells.last_mut().expect("there is one");
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            _ => cell.push(letter),
        }
    }
    cells
}
