//! The same Azure by https.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::client::{API, Client, GALLERIES, certificate, reply};
use gallerist::simulator::{EstateSource, Limits, Options, Simulator, Tls, start};
use reqwest::{Method, StatusCode, Version};
use serde_json::{Value, json};

const ANY: &str = "127.0.0.1:0";

async fn started(folder: &Path, listen: &str) -> Simulator {
    let any: SocketAddr = ANY.parse().unwrap();
    let options = Options {
        listen: any,
        estate: EstateSource::Demo,
        pace: 0.0,
        seed: 1,
        folder: folder.to_owned(),
        limits: Limits::Documented,
        tls: Some(Tls {
            folder: folder.join("tls"),
            listen: listen.parse().unwrap(),
        }),
    };
    start(options).await.unwrap()
}

/// Asks for something that needs no token, trusting `authority` alone.
async fn greeted(authority: &Path, url: &str) -> Result<StatusCode, reqwest::Error> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate(authority)])
        .build()
        .unwrap();
    let path = "/metadata/endpoints?api-version=2022-09-01";
    Ok(client.get(format!("{url}{path}")).send().await?.status())
}

#[tokio::test]
async fn the_authority_is_made_once_and_trusted_by_every_name_of_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let first = started(folder.path(), ANY).await;
    let ready = first.ready().secure.clone().unwrap();
    let made = fs::read(&ready.ca).unwrap();
    let key = ready.ca.with_extension("key");
    let permissions = fs::metadata(&key).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
    let by_name = ready.resource_manager_tls.replace("127.0.0.1", "localhost");
    for url in [&ready.resource_manager_tls, &by_name] {
        assert_eq!(greeted(&ready.ca, url).await.unwrap(), 200);
    }
    first.stop().await;

    let second = started(folder.path(), "[::1]:0").await;
    let ready = second.ready().secure.clone().unwrap();
    assert_eq!(fs::read(&ready.ca).unwrap(), made);
    let status = greeted(&ready.ca, &ready.resource_manager_tls).await;
    assert_eq!(status.unwrap(), 200);
    second.stop().await;
}

#[tokio::test]
async fn an_authority_without_its_own_key_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let first = started(folder.path(), ANY).await;
    let ca = first.ready().secure.clone().unwrap().ca;
    first.stop().await;
    let made = fs::read(&ca).unwrap();
    let foreign = started(&folder.path().join("tls"), ANY).await;
    let foreign_ca = foreign.ready().secure.clone().unwrap().ca;
    foreign.stop().await;
    fs::copy(&foreign_ca, &ca).unwrap();

    let second = started(folder.path(), ANY).await;
    let ready = second.ready().secure.clone().unwrap();
    let kept = fs::read(&ready.ca).unwrap();
    assert!(kept != made && kept != fs::read(&foreign_ca).unwrap());
    let url = &ready.resource_manager_tls;
    assert_eq!(greeted(&ready.ca, url).await.unwrap(), 200);
    greeted(&foreign_ca, url).await.unwrap_err();
    second.stop().await;
}

#[tokio::test]
async fn links_lead_back_by_the_way_that_the_request_came() {
    let client = Client::secure().await;
    let secure = client.ready.resource_manager.clone();
    assert!(secure.starts_with("https://127.0.0.1:"), "{secure}");
    let by_name = secure.replace("127.0.0.1", "localhost");
    let tenant = &client.ready.tenant;
    for origin in [&secure, &by_name] {
        let path = format!("{origin}/{tenant}/v2.0/.well-known/openid-configuration");
        let openid = reply(client.bare(Method::GET, &path)).await.body;
        for name in [
            "token_endpoint",
            "jwks_uri",
            "device_authorization_endpoint",
        ] {
            let link = openid[name].as_str().unwrap();
            assert!(link.starts_with(origin.as_str()), "{name}: {link}");
        }
        let keys = openid["jwks_uri"].as_str().unwrap();
        assert_eq!(reply(client.bare(Method::GET, keys)).await.status, 200);
    }

    let group = format!("{by_name}{GALLERIES}/resourceGroups/rg-galleries");
    let gallery = format!("{group}/providers/Microsoft.Compute/galleries/new?api-version={API}");
    let created = client
        .put(&gallery, &json!({ "location": "westeurope" }))
        .await;
    assert_eq!(created.status, 201, "{created:?}");
    let operation = created.header("azure-asyncoperation").unwrap();
    assert!(operation.starts_with(&by_name), "{operation}");
    assert_eq!(client.finish(&created).await["status"], "Succeeded");

    let refused = reply(client.bare(Method::GET, &gallery)).await;
    assert_eq!(refused.status, 401);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.contains(&by_name), "{challenge}");
    client.stop().await;
}

#[tokio::test]
async fn the_world_is_one_whichever_way_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = started(folder.path(), ANY).await;
    let ready = simulator.ready();
    let secure = ready.secure.clone().unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate(&secure.ca)])
        .build()
        .unwrap();
    let state = async |origin: &str| {
        let request = client.get(format!("{origin}/_simulator/state"));
        let answer = request.send().await.unwrap();
        (answer.version(), answer.text().await.unwrap())
    };
    let (plain, by_http) = state(&ready.resource_manager).await;
    let (encrypted, by_https) = state(&secure.resource_manager_tls).await;
    assert_eq!((plain, encrypted), (Version::HTTP_11, Version::HTTP_2));
    assert_eq!(by_http, by_https);
    simulator.stop().await;
}

#[tokio::test]
async fn a_connection_can_be_cut_below_tls() {
    let client = Client::secure().await;
    let path = format!("{GALLERIES}?api-version=2022-12-01");
    for fault in ["drop_before", "drop_after", "truncate"] {
        let mut planned = json!([{ "match": { "path": "/subscriptions" }, "fault": {} }]);
        planned[0]["fault"][fault] = json!(true);
        client.plan(&planned).await;
        let broken = client.request(Method::GET, &path).send().await;
        let broken = match broken {
            Ok(answer) => answer.bytes().await.map(|_| ()),
            Err(error) => Err(error),
        };
        assert!(broken.is_err(), "{fault}");
        assert_eq!(client.get(&path).await.status, 200, "after {fault}");
    }
    let requests = reply(client.bare(Method::GET, "/_simulator/requests"))
        .await
        .body;
    let requests = requests.as_array().unwrap().iter();
    let seen: Vec<&Value> = requests
        .filter(|request| request["path"] == GALLERIES)
        .map(|request| &request["status"])
        .collect();
    assert!(seen.contains(&&Value::Null), "{seen:?}");
    client.stop().await;
}

#[tokio::test]
async fn the_program_says_where_https_is() {
    let folder = tempfile::tempdir().unwrap();
    let simulate = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gallerist"));
        command.args(["simulate", "--listen-tls", ANY]);
        command.env("TMPDIR", folder.path());
        command
    };
    let output = simulate().output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(2),
        "there is no https without --tls"
    );

    let mut command = simulate();
    command.arg("--tls").arg(folder.path().join("tls"));
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let url = ready["resource_manager_tls"].as_str().unwrap();
    assert_eq!(ready["authority_tls"], url);
    let authority = Path::new(ready["ca"].as_str().unwrap());
    assert_eq!(greeted(authority, url).await.unwrap(), 200);
    process.kill().unwrap();
    process.wait().unwrap();
}
