//! Bodies in every form that HTTP and Azure have for them.

use gallerist::azure::{Error, Gallery};
use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::signed_in::session;
use crate::{gallery, gallery_id, subscription};

async fn read(reply: Reply) -> Result<Gallery, Error> {
    let server = Server::with_tokens(move |_, _| reply.clone()).await;
    session(&server).gallery(&gallery_id("acg")).await
}

fn document() -> Vec<u8> {
    gallery("acg").to_string().into_bytes()
}

/// In a member of a gzip file (RFC 1952), not compressed (RFC 1951, section 3.2.4).
fn gzipped(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(body);
    file.extend(crc(body).to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

#[tokio::test]
async fn a_document_comes_in_any_wrapping() {
    let marked = [&b"\xef\xbb\xbf"[..], &document()].concat();
    let pretty = serde_json::to_string_pretty(&gallery("acg")).unwrap();
    for reply in [
        Reply::bytes(200, document()),
        Reply::bytes(200, document()).with("content-type", "text/plain"),
        Reply::bytes(200, document()).with("content-type", "application/json; charset=utf-8"),
        Reply::bytes(200, marked),
        Reply::bytes(200, format!("\r\n{pretty}\r\n").into_bytes()),
        Reply::bytes(200, document()).chunked(),
        Reply::bytes(200, gzipped(&document())).with("content-encoding", "gzip"),
        Reply::bytes(200, gzipped(&document()))
            .with("content-encoding", "gzip")
            .chunked(),
    ] {
        let got = read(reply.clone()).await;
        let got = got.unwrap_or_else(|e| panic!("{reply:?}: {e}"));
        assert_eq!(got.document(), &gallery("acg"));
    }
}

#[tokio::test]
async fn a_list_of_eight_megabytes_is_read() {
    let mut one = gallery("acg");
    one["tags"] = json!({ "filler": "x".repeat(1 << 20) });
    let list = json!({ "value": vec![one.clone(); 8] });
    let reply = Reply::json(200, &list);
    let server = Server::with_tokens(move |_, _| reply.clone()).await;
    let got = session(&server).galleries(&subscription()).await.unwrap();
    assert_eq!(got.len(), 8);
    assert_eq!(got[7].document(), &one);
}

#[tokio::test]
async fn what_is_not_there_may_be_said_without_a_body() {
    let error = read(Reply::new(404)).await.unwrap_err();
    assert!(error.is_not_found());
    assert!(error.to_string().ends_with(": HTTP 404"), "{error}");
}

#[tokio::test]
async fn a_gateway_is_told_in_its_own_words() {
    let page = "<html><head><title>504 Gateway Time-out</title></head><body>x</body></html>";
    for (reply, told) in [
        (
            Reply::bytes(409, page.into()),
            "HTTP 409: 504 Gateway Time-out",
        ),
        (
            Reply::bytes(403, b"Forbidden by the proxy\nof us".to_vec()),
            "HTTP 403: Forbidden by the proxy",
        ),
        (
            Reply::json(400, &json!({ "Message": "No API." })),
            "HTTP 400: No API.",
        ),
        (
            Reply::json(400, &json!({ "error": { "message": "odd" } })),
            "HTTP 400: odd",
        ),
    ] {
        let error = read(reply).await.unwrap_err();
        assert!(error.to_string().ends_with(told), "{error}");
    }
}

#[tokio::test]
async fn a_value_never_heard_of_is_kept_and_no_trouble() {
    let mut odd = gallery("acg");
    odd["properties"]["provisioningState"] = json!("Daydreaming");
    odd["properties"]["sharingProfile"] = json!({ "permissions": "Friends" });
    let got = read(Reply::json(200, &odd)).await.unwrap();
    assert_eq!(got.provisioning_state.as_str(), "Daydreaming");
    assert_eq!(got.sharing.as_str(), "Friends");
    odd["properties"]["provisioningState"] = Value::Null;
    let got = read(Reply::json(200, &odd)).await.unwrap();
    assert_eq!(got.provisioning_state.as_str(), "Succeeded");
}
