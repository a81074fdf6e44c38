//! The addresses of the cloud, and this machine's clock against theirs.

use jiff::SignedDuration;

use super::{Area, Finding, State};
use crate::azure::{Azure, Endpoint};

/// What Entra and ARM tolerate between their clock and that of a token's bearer
/// (entra-docs, `access-tokens.md`: five minutes).
const TOLERATED: SignedDuration = SignedDuration::from_mins(5);

/// Variables by which the way to them leads through a proxy.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

pub(super) async fn look(azure: &Azure) -> Vec<Finding> {
    let endpoints = azure.endpoints().await;
    endpoints.iter().flat_map(findings).collect()
}

fn findings(endpoint: &Endpoint) -> Vec<Finding> {
    let host = endpoint.address.host_str().unwrap_or_default().to_owned();
    let address = endpoint.address.as_str().trim_end_matches('/');
    let over = way(endpoint);
    match &endpoint.ahead {
        Err(error) => {
            let finding = Finding::unread(Area::Endpoint, host, State::Failed, error);
            let text = format!("{} ({over})", finding.text);
            vec![Finding { text, ..finding }.at(&address)]
        }
        Ok(ahead) => {
            let text = format!("{} answers ({over})", endpoint.what);
            vec![
                Finding::new(Area::Endpoint, host.clone(), State::Ok, text).at(&address),
                clock(host, *ahead).at(&address),
            ]
        }
    }
}

/// How it is reached: encrypted or not, through a proxy or not.
fn way(endpoint: &Endpoint) -> String {
    if endpoint.address.scheme() == "http" {
        return "unencrypted, on this machine".to_owned();
    }
    let proxy = PROXIES
        .into_iter()
        .find(|name| std::env::var_os(name).is_some());
    match proxy {
        Some(variable) => format!("TLS, with the proxy of {variable}"),
        None => "TLS".to_owned(),
    }
}

fn clock(host: String, ahead: Option<SignedDuration>) -> Finding {
    let Some(ahead) = ahead else {
        let text = "it doesn't tell the time, so this machine's clock can't be checked";
        return Finding::new(Area::Clock, host, State::Warning, text);
    };
    let by = ahead.abs();
    let text = match ahead.as_secs() {
        0 => "this machine's clock agrees".to_owned(),
        1.. => format!("this machine's clock is {by:#} behind"),
        _ => format!("this machine's clock is {by:#} ahead"),
    };
    if by <= TOLERATED {
        return Finding::new(Area::Clock, host, State::Ok, text);
    }
    let text = format!("{text}: tokens are refused from five minutes on");
    Finding::new(Area::Clock, host, State::Failed, text)
        .advise("set this machine's clock, and have it kept: `timedatectl set-ntp true`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_minutes_are_tolerated_either_way() {
        let told = |seconds| {
            let finding = clock("host".to_owned(), Some(SignedDuration::from_secs(seconds)));
            (finding.state, finding.text)
        };
        assert_eq!(told(0).1, "this machine's clock agrees");
        assert_eq!(told(300).0, State::Ok);
        assert_eq!(told(-300).0, State::Ok);
        let (state, text) = told(301);
        assert_eq!(state, State::Failed);
        assert!(text.contains("5m 1s behind"), "{text}");
        assert!(told(-3600).1.contains("1h ahead"));
        assert_eq!(clock("host".to_owned(), None).state, State::Warning);
    }
}
