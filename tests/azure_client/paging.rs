use gallerist::azure::{Certainty, Error};
use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::signed_in::session;
use crate::{gallery, gallery_id, subscription};

const LIST: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Compute/galleries?api-version=2024-03-03";

fn page(name: &str, next: &Value) -> Reply {
    Reply::json(200, &json!({"value": [gallery(name)], "nextLink": next}))
}

async fn names(server: &Server) -> Result<Vec<String>, Error> {
    let galleries = session(server).galleries(&subscription()).await?;
    Ok(galleries.into_iter().map(|g| g.name).collect())
}

#[tokio::test]
async fn links_may_be_absolute_relative_or_queries() {
    let server = Server::with_tokens(|request, _| {
        let base = format!("http://{}", request.header("host").unwrap());
        match request.target.as_str() {
            LIST => page("a", &json!(format!("{base}/second?$skiptoken=a%2fB%7E~+"))),
            "/second?$skiptoken=a%2fB%7E~+" => page("b", &json!("/third?x=1")),
            "/third?x=1" => page("c", &json!("?x=2")),
            "/third?x=2" => page("d", &Value::Null),
            other => panic!("{other}"),
        }
    })
    .await;
    assert_eq!(names(&server).await.unwrap(), ["a", "b", "c", "d"]);
    let authorized =
        |r: &crate::server::Request| r.header("authorization") == Some("Bearer token-1");
    assert!(server.requests().iter().all(authorized));
}

#[tokio::test]
async fn null_empty_and_missing_links_and_bare_arrays_end_the_list() {
    for body in [
        json!({"value": [gallery("a")], "nextLink": null}),
        json!({"value": [gallery("a")], "nextLink": ""}),
        json!({"value": [gallery("a")]}),
        json!([gallery("a")]),
    ] {
        let server = Server::with_tokens(move |_, _| Reply::json(200, &body)).await;
        assert_eq!(names(&server).await.unwrap(), ["a"]);
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn pages_that_go_round_are_an_error() {
    let server = Server::with_tokens(|request, _| match request.target.as_str() {
        "/second" => page("b", &json!("/third")),
        "/third" => page("c", &json!("/second")),
        _ => page("a", &json!("/second")),
    })
    .await;
    let error = names(&server).await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_link_to_another_host_gets_no_request_and_no_token() {
    let stranger = Server::start(|_, _| Reply::json(200, &json!({"value": []}))).await;
    let link = stranger.url();
    let server =
        Server::with_tokens(move |_, _| page("a", &json!(format!("{link}/more?sig=1")))).await;
    let error = names(&server).await.unwrap_err();
    let Error::ForeignOrigin {
        origin,
        allowed,
        doing,
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((origin, allowed), (&stranger.url(), &server.url()));
    assert!(
        doing.starts_with("reading the galleries of subscription"),
        "{doing}"
    );
    assert!(!error.to_string().contains("sig"));
    assert!(error.advice().unwrap().contains("nothing was sent"));
    assert!(stranger.all().is_empty());
}

#[tokio::test]
async fn the_same_host_in_another_spelling_is_the_same() {
    let server = Server::with_tokens(|request, before| {
        let host = request.header("host").unwrap();
        match request.target.as_str() {
            "/second" => page("b", &Value::Null),
            _ if before == 0 => page("a", &json!(format!("HTTP://{host}/second"))),
            other => panic!("{other}"),
        }
    })
    .await;
    assert_eq!(names(&server).await.unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn a_link_with_a_name_or_another_port_is_another_host() {
    for link in [
        "http://user@{host}/x",
        "http://{host}0/x",
        "https://{host}/x",
        "//evil.example/x",
    ] {
        let server = Server::with_tokens(move |request, _| {
            page(
                "a",
                &json!(link.replace("{host}", request.header("host").unwrap())),
            )
        })
        .await;
        let error = names(&server).await.unwrap_err();
        assert!(
            matches!(error, Error::ForeignOrigin { .. } | Error::Malformed { .. }),
            "{link}: {error}"
        );
        assert_eq!(server.requests().len(), 1, "{link}");
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let stranger = Server::start(|_, _| Reply::json(200, &gallery("a"))).await;
    let target = stranger.url();
    let server = Server::with_tokens(move |request, _| {
        let reply = Reply::new(307);
        if request.target.contains("/galleries/far") {
            reply.with("location", format!("{target}/x"))
        } else {
            reply.with("location", "/elsewhere")
        }
    })
    .await;
    let session = session(&server);
    let far = session.gallery(&gallery_id("far")).await.unwrap_err();
    assert!(matches!(far, Error::ForeignOrigin { .. }), "{far}");
    let near = session.gallery(&gallery_id("near")).await.unwrap_err();
    assert!(matches!(near, Error::Malformed { .. }), "{near}");
    assert_eq!(near.accepted(), Certainty::Unknown);
    assert!(stranger.all().is_empty());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn what_is_no_list_is_malformed() {
    for body in [
        json!("text"),
        json!({"items": []}),
        json!({"value": {}}),
        json!({"value": [], "nextLink": 7}),
        json!({"value": [{"name": "without an id"}]}),
    ] {
        let server = Server::with_tokens(move |_, _| Reply::json(200, &body)).await;
        let error = names(&server).await.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_refused() {
    let server = Server::with_tokens(|_, _| Reply::bytes(200, vec![b' '; 33 << 20])).await;
    let error = names(&server).await.unwrap_err();
    assert!(
        matches!(&error, Error::Malformed { cause, .. } if cause.contains("32 MiB")),
        "{error}"
    );
}
