use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use serde_json::Value;

/// The claims that a refusal asks a token to hold, as JSON (entra-docs, claims-challenge.md):
/// `Bearer …, error="insufficient_claims", claims="<base64>"`, when a session was revoked, or when
/// a write wants multi-factor authentication.
pub(super) fn claims(headers: &HeaderMap) -> Option<String> {
    let headers = headers.get_all(WWW_AUTHENTICATE).iter();
    headers
        .filter_map(|header| header.to_str().ok())
        .find_map(of_header)
}

fn of_header(header: &str) -> Option<String> {
    let mut rest = header;
    let mut bearer = false;
    while let Some(token) = next(&mut rest) {
        match token {
            Token::Scheme(scheme) => bearer = scheme.eq_ignore_ascii_case("bearer"),
            Token::Parameter(name, value) => {
                if bearer && name.eq_ignore_ascii_case("claims") {
                    return decoded(&value);
                }
            }
        }
    }
    None
}

enum Token<'a> {
    Scheme(&'a str),
    Parameter(&'a str, String),
}

/// The next part of a list of challenges (RFC 9110, section 11.6.1): a word is a parameter's name
/// where `=` follows, else a scheme.
fn next<'a>(rest: &mut &'a str) -> Option<Token<'a>> {
    let text = rest.trim_start_matches([' ', '\t', ',', '=']);
    let end = text.find([' ', '\t', ',', '=']).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    if word.is_empty() {
        return None;
    }
    let Some(value) = after.trim_start().strip_prefix('=') else {
        *rest = after;
        return Some(Token::Scheme(word));
    };
    let value = value.trim_start();
    let Some(quoted) = value.strip_prefix('"') else {
        let end = value.find([' ', '\t', ',']).unwrap_or(value.len());
        let (value, after) = value.split_at(end);
        *rest = after;
        return Some(Token::Parameter(word, value.to_owned()));
    };
    let mut text = String::new();
    let mut letters = quoted.char_indices();
    *rest = "";
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => {
                *rest = &quoted[at + 1..];
                break;
            }
            '\\' => text.extend(letters.next().map(|(_, escaped)| escaped)),
            letter => text.push(letter),
        }
    }
    Some(Token::Parameter(word, text))
}

/// Base64 of either alphabet, padded or not: all four are seen.
fn decoded(value: &str) -> Option<String> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let standard = value.replace('-', "+").replace('_', "/");
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, lenient).decode(standard);
    let text = String::from_utf8(bytes.ok()?).ok()?;
    let claims: Value = serde_json::from_str(&text).ok()?;
    claims.is_object().then_some(text)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    /// Texts of azure-sdk-for-js and azure-sdk-for-python, which have them from Azure.
    #[test]
    fn claims_are_found_wherever_they_stand() {
        let foo = r#"{"access_token": {"foo": "bar"}}"#;
        let revoked = r#"{"access_token":{"nbf":{"essential":true, "value":"1603742800"}}}"#;
        for (header, claims) in [
            (
                r#"Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOiB7ImZvbyI6ICJiYXIifX0=""#,
                Some(foo),
            ),
            (
                r#"Bearer authorization_uri="https://login.windows-ppe.net/", error="invalid_token", error_description="User session has been revoked", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwgInZhbHVlIjoiMTYwMzc0MjgwMCJ9fX0=""#,
                Some(revoked),
            ),
            (
                r#"PoP nonce="claims=\"x\"", Bearer claims=eyJhY2Nlc3NfdG9rZW4iOiB7ImZvbyI6ICJiYXIifX0, realm=x"#,
                Some(foo),
            ),
            (
                r#"bearer CLAIMS = "eyJhY2Nlc3NfdG9rZW4iOiB7ImZvbyI6ICJiYXIifX0""#,
                Some(foo),
            ),
            (
                r#"Bearer error_description="say \"claims=\"", realm="" , claims="eyJhY2Nlc3NfdG9rZW4iOiB7ImZvbyI6ICJiYXIifX0""#,
                Some(foo),
            ),
            (
                r#"PoP claims="eyJhY2Nlc3NfdG9rZW4iOiB7ImZvbyI6ICJiYXIifX0=""#,
                None,
            ),
            (
                r#"Bearer authorization_uri="https://login.windows.net/", error="invalid_token""#,
                None,
            ),
            (r#"Bearer claims="nonsense!""#, None),
            (r#"Bearer claims="W10=""#, None),
            ("", None),
        ] {
            assert_eq!(of_header(header).as_deref(), claims, "{header}");
        }
    }

    #[test]
    fn one_of_several_headers_may_hold_them() {
        let mut headers = HeaderMap::new();
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Negotiate"));
        assert_eq!(claims(&headers), None);
        let bearer = HeaderValue::from_static(r#"Bearer claims="e30=""#);
        headers.append(WWW_AUTHENTICATE, bearer);
        assert_eq!(claims(&headers).as_deref(), Some("{}"));
    }

    proptest! {
        #[test]
        fn any_encoding_is_understood_and_no_text_breaks_it(
            value in "[ -~éß☃]{0,40}",
            noise in "[ -~é]{0,60}",
        ) {
            let claims = serde_json::json!({"access_token": {"x": value}}).to_string();
            for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
                let header = format!("Bearer realm=\"\", claims=\"{}\"", engine.encode(&claims));
                prop_assert_eq!(of_header(&header), Some(claims.clone()));
            }
            of_header(&noise);
            of_header(&format!("Bearer claims=\"{noise}"));
        }
    }
}
