use url::Url;

use crate::azure::error::Error;

/// What an answer points to, `nextLink`, `Location` or `Azure-AsyncOperation`, resolved against
/// the request it answers: real ones are sometimes relative.
pub(crate) fn resolve(request: &Url, link: &str) -> Result<Url, url::ParseError> {
    request.join(link)
}

/// Refuses every address that is not at the cloud's resource manager: a token goes nowhere else.
///
/// An address with a user name in it is refused as well, for that would replace the token.
pub(crate) fn hold(doing: &str, url: &Url, resource_manager: &Url) -> Result<(), Error> {
    let ours = url.origin() == resource_manager.origin()
        && url.origin().is_tuple()
        && url.username().is_empty()
        && url.password().is_none();
    if ours {
        return Ok(());
    }
    Err(Error::ForeignOrigin {
        doing: doing.to_owned(),
        origin: url.origin().ascii_serialization(),
        allowed: resource_manager.origin().ascii_serialization(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARM: &str = "https://management.azure.com";

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn only_the_same_origin_is_held_to_be_ours() {
        for (link, ours) in [
            ("/subscriptions/x?api-version=1", true),
            ("https://management.azure.com/x", true),
            ("https://MANAGEMENT.azure.com:443/x", true),
            ("?api-version=1&$skiptoken=a", true),
            ("//evil.example/x", false),
            ("https://management.azure.com.evil.example/x", false),
            ("https://management.azure.com@evil.example/x", false),
            ("https://user:word@management.azure.com/x", false),
            ("https://management.azure.com:8443/x", false),
            ("http://management.azure.com/x", false),
            ("https://eastus.management.azure.com/x", false),
            ("file:///etc/passwd", false),
            ("data:text/plain,x", false),
        ] {
            let resolved = resolve(&url("https://management.azure.com/subscriptions/y"), link);
            let held = hold("testing", &resolved.unwrap(), &url(ARM));
            assert_eq!(held.is_ok(), ours, "{link}");
        }
    }

    #[test]
    fn the_refusal_names_origins_and_no_query() {
        let error = hold(
            "testing",
            &url("https://evil.example/x?sig=secret"),
            &url(ARM),
        );
        let text = error.unwrap_err().to_string();
        assert!(
            text.contains("https://evil.example") && !text.contains("secret"),
            "{text}"
        );
    }

    #[test]
    fn a_signed_query_is_not_rewritten() {
        let link = "https://management.azure.com/subscriptions/S/providers/Microsoft.Compute/\
                    locations/westus/capsOperations/o?api-version=2024-03-03&t=1&c=MII%2fa%2Fb%7E~+x\
                    &s=a-_.!*()&h=%41==&empty=&flag";
        let request = url("https://management.azure.com/subscriptions/S");
        assert_eq!(resolve(&request, link).unwrap().as_str(), link);
        let relative = link.strip_prefix(ARM).unwrap();
        assert_eq!(resolve(&request, relative).unwrap().as_str(), link);
    }
}
