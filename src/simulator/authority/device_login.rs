//! The page that a device code is typed into.

use std::fmt::Write as _;

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::{Form, device_codes};
use crate::simulator::answer::Answer;
use crate::simulator::request::Request;
use crate::simulator::world::World;

/// `GET /devicelogin` shows a form; `POST` takes it: `user_code`, `user`, and `mfa` or `decline` where
/// they are given at all.
pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    if request.method != Method::POST {
        let code = request.query("otc").unwrap_or_default();
        return page(StatusCode::OK, &form(world, code));
    }
    let given = Form::of(request);
    let code = given.field("user_code");
    let outcome = if given.has("decline") {
        device_codes::decline(world, code).map(|()| "Declined. You can close this page.")
    } else {
        let user = given.field("user");
        device_codes::sign_in(world, code, user, given.has("mfa"))
            .map(|()| "You have signed in. You can close this page.")
    };
    match outcome {
        Ok(said) => page(StatusCode::OK, &format!("<p>{said}</p>")),
        Err(said) => {
            let again = form(world, code);
            let said = format!("<p><strong>{}</strong></p>{again}", escaped(&said));
            page(StatusCode::FORBIDDEN, &said)
        }
    }
}

fn form(world: &World, code: &str) -> String {
    let mut users = String::new();
    for user in &world.directory.users {
        let name = escaped(&user.name);
        // Nothing can be written to a String in vain.
        let _ = write!(users, "<option>{name}</option>");
    }
    format!(
        r#"<form method="post" action="/devicelogin">
<p><label>Code <input name="user_code" value="{}" autofocus autocomplete="off"></label></p>
<p><label>User <select name="user">{users}</select></label></p>
<p><label><input type="checkbox" name="mfa" value="yes"> with a second factor</label></p>
<p><button>Sign in</button> <button name="decline" value="yes">Decline</button></p>
</form>"#,
        escaped(code)
    )
}

fn page(status: StatusCode, content: &str) -> Answer {
    let text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Device login</title></head>\n\
         <body><h1>Enter code to allow access</h1>\n{content}\n</body></html>\n"
    );
    Answer::with(status, Value::String(text)).header("content-type", "text/html; charset=utf-8")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}
