use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use super::origin;
use super::request::Arm;
use super::retry::Caller;
use crate::azure::error::Error;

impl Arm {
    /// All items of a list, page by page.
    ///
    /// A page is `{"value":[…],"nextLink":…}`, the link absolute, relative, null, missing or empty
    /// at the end; some providers answer with a bare array, which is the only page.
    pub(crate) async fn list(&self, caller: &Caller<'_>, first: Url) -> Result<Vec<Value>, Error> {
        let malformed = |cause: &str| Error::Malformed {
            doing: caller.doing.clone(),
            cause: cause.to_owned(),
        };
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let mut next = Some(first);
        while let Some(url) = next {
            let page = self.read(caller, &url).await?;
            let (mut page_items, link) = match page {
                Value::Array(items) => (items, None),
                Value::Object(mut page) => match page.remove("value") {
                    Some(Value::Array(items)) => (items, page.remove("nextLink")),
                    _ => return Err(malformed("a page without a list")),
                },
                _ => return Err(malformed("no list")),
            };
            items.append(&mut page_items);
            next = match link {
                Some(Value::String(link)) if !link.is_empty() => {
                    let link = origin::resolve(&url, &link);
                    Some(link.map_err(|e| malformed(&format!("nextLink: {e}")))?)
                }
                None | Some(Value::Null | Value::String(_)) => None,
                Some(_) => return Err(malformed("nextLink is not text")),
            };
            seen.insert(url);
            if next.as_ref().is_some_and(|next| seen.contains(next)) {
                return Err(malformed(
                    "the pages lead back to one that was read already",
                ));
            }
        }
        Ok(items)
    }
}
