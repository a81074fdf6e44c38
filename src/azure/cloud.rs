use std::net::IpAddr;

use url::{Host, Url};

use super::error::Error;

/// The endpoints of one Azure: the only places a token or a credential is ever sent to.
///
/// Values as in azure-cli's `core/cloud.py`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// `public`, `usgov`, `china` or `custom`.
    pub name: String,
    /// Azure Resource Manager.
    pub resource_manager: Url,
    /// Microsoft Entra: where tokens come from.
    pub authority: Url,
    /// What tokens are asked for; the scope is this with `/.default`.
    pub audience: String,
}

impl Cloud {
    /// Azure for everybody.
    ///
    /// # Errors
    /// None in practice: the addresses are constants.
    pub fn public() -> Result<Self, Error> {
        Self::new(
            "public",
            "https://management.azure.com",
            "https://login.microsoftonline.com",
            "https://management.azure.com",
        )
    }

    /// Azure Government of the United States.
    ///
    /// # Errors
    /// None in practice: the addresses are constants.
    pub fn us_government() -> Result<Self, Error> {
        Self::new(
            "usgov",
            "https://management.usgovcloudapi.net",
            "https://login.microsoftonline.us",
            "https://management.core.usgovcloudapi.net/",
        )
    }

    /// Azure in China, operated by 21Vianet.
    ///
    /// # Errors
    /// None in practice: the addresses are constants.
    pub fn china() -> Result<Self, Error> {
        Self::new(
            "china",
            "https://management.chinacloudapi.cn",
            "https://login.chinacloudapi.cn",
            "https://management.core.chinacloudapi.cn/",
        )
    }

    /// A cloud of one's own: a sovereign one, a stack, a simulator.
    ///
    /// # Errors
    /// [`Error::Configuration`] when an address is not an `https` origin. Plain `http` is accepted
    /// for a literal loopback address (127.0.0.0/8, `::1`) and nothing else: `localhost` is a name
    /// that something may resolve elsewhere.
    pub fn custom(resource_manager: &str, authority: &str, audience: &str) -> Result<Self, Error> {
        Self::new("custom", resource_manager, authority, audience)
    }

    fn new(
        name: &str,
        resource_manager: &str,
        authority: &str,
        audience: &str,
    ) -> Result<Self, Error> {
        if audience.trim().is_empty() || audience.contains(char::is_whitespace) {
            return Err(Error::Configuration(format!(
                "the audience \"{}\" of the cloud is not an address",
                audience.escape_debug()
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            resource_manager: endpoint("resource manager", resource_manager)?,
            authority: endpoint("authority", authority)?,
            audience: audience.to_owned(),
        })
    }

    /// Whether its addresses may be given tokens and credentials; they may have been set by hand.
    pub(crate) fn check(&self) -> Result<(), Error> {
        endpoint("resource manager", self.resource_manager.as_str())?;
        endpoint("authority", self.authority.as_str())?;
        Ok(())
    }

    /// The scope that tokens are asked for. An audience that ends with a slash keeps it, which
    /// makes two of them (entra-docs, scopes-oidc.md, trailing slash and .default; so does
    /// azure-cli, core/auth/util.py).
    pub(crate) fn scope(&self) -> String {
        format!("{}/.default", self.audience)
    }
}

/// Whether the address is a literal loopback one, the only kind that plain `http` may go to.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

/// Whether the address is on this host or on its own link, where no proxy leads.
pub(crate) fn is_near(url: &Url) -> bool {
    let link_local = |host| matches!(host, Host::Ipv4(address) if address.is_link_local());
    is_loopback(url) || url.host().is_some_and(link_local)
}

fn endpoint(what: &str, text: &str) -> Result<Url, Error> {
    let refused = |why: &str| {
        Error::Configuration(format!(
            "the {what} \"{}\" of the cloud {why}",
            text.escape_debug()
        ))
    };
    let url = Url::parse(text).map_err(|e| refused(&format!("is not an address: {e}")))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err(refused(
                "is not https; plain http is accepted for a literal loopback address only, such as http://127.0.0.1:8090",
            ));
        }
        _ => return Err(refused("is not https")),
    }
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if bare {
        Ok(url)
    } else {
        Err(refused("is more than scheme, host and port"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(address: &str) -> Result<Cloud, Error> {
        Cloud::custom(address, "https://login.example", "https://arm.example")
    }

    #[test]
    fn the_known_clouds_are_well_formed() {
        let gov = Cloud::us_government().unwrap();
        assert_eq!(
            gov.resource_manager.host_str(),
            Some("management.usgovcloudapi.net")
        );
        assert_eq!(
            Cloud::public().unwrap().scope(),
            "https://management.azure.com/.default"
        );
        assert_eq!(
            gov.scope(),
            "https://management.core.usgovcloudapi.net//.default"
        );
        assert_eq!(Cloud::china().unwrap().authority.scheme(), "https");
    }

    #[test]
    fn what_is_near_is_this_host_and_its_link() {
        for (address, near) in [
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("http://169.254.169.254", true),
            ("http://10.0.0.1", false),
            ("https://login.example", false),
        ] {
            assert_eq!(is_near(&address.parse().unwrap()), near, "{address}");
        }
    }

    #[test]
    fn plain_http_is_for_literal_loopback_only() {
        for good in [
            "http://127.0.0.1:8090",
            "http://127.9.9.9",
            "http://[::1]:1/",
            "https://arm.example",
            "https://localhost:8443",
        ] {
            assert!(custom(good).is_ok(), "{good}");
        }
        for bad in [
            "http://localhost:8090",
            "http://127.0.0.1.nip.io",
            "http://10.0.0.1",
            "http://[::2]",
            "http://arm.example",
            "ftp://127.0.0.1",
            "https://user@arm.example",
            "https://arm.example/base",
            "https://arm.example?x=1",
            "arm.example",
            "",
        ] {
            assert!(matches!(custom(bad), Err(Error::Configuration(_))), "{bad}");
        }
    }
}
