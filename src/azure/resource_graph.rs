//! What there is, told by Azure Resource Graph a thousand at a time (Microsoft.ResourceGraph
//! 2024-04-01).
//!
//! It lags behind Resource Manager by seconds up to minutes, leaves out what the caller may not
//! read instead of refusing, and knows documents as a plain `GET` tells them: without how far
//! versions are copied, whom galleries are shared with, or how machines are. So it serves for an
//! overview; what is decided by is read from Resource Manager.

use serde_json::{Value, json};

use super::document::Document;
use super::error::Error;
use super::galleries::ImageVersion;
use super::guid::SubscriptionId;
use super::session::Session;

/// Rows of a page at most (`resourcegraph.json`, `$top`).
const PAGE: u32 = 1_000;

/// A page of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphPage<T> {
    /// What it tells of.
    pub items: Vec<T>,
    /// How many there are on all pages together.
    pub total: u64,
    /// Leads to the next page; nothing on the last.
    pub next: Option<SkipToken>,
}

/// Where a page ends (`$skipToken`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkipToken(String);

impl Session {
    /// A page of the image versions of all galleries of a subscription, in the order of their ids.
    /// A version that is not told of may still exist.
    ///
    /// # Errors
    /// Any [`Error`] of a read. Nothing of a page is told where one of its rows is not understood.
    pub async fn graph_image_versions(
        &self,
        subscription: &SubscriptionId,
        from: Option<&SkipToken>,
    ) -> Result<GraphPage<ImageVersion>, Error> {
        let kind = "Microsoft.Compute/galleries/images/versions";
        let what = format!("the image versions of subscription {subscription}");
        let body = question(kind, subscription, from);
        let page = self.graph(&body, &what).await?;
        read(kind, page).map_err(|cause| self.misunderstood(&what, cause))
    }
}

/// The query for all of a type; the rows have the columns that its documents have.
fn question(kind: &str, subscription: &SubscriptionId, from: Option<&SkipToken>) -> Value {
    let query = format!(
        "resources | where type =~ '{kind}' | project id, name, type, location, tags, properties \
         | order by id asc"
    );
    let mut options = json!({"resultFormat": "objectArray", "$top": PAGE});
    if let (Some(SkipToken(token)), Some(options)) = (from, options.as_object_mut()) {
        options.insert("$skipToken".to_owned(), json!(token));
    }
    json!({"subscriptions": [subscription], "query": query, "options": options})
}

fn read<T: Document>(kind: &str, mut page: Value) -> Result<GraphPage<T>, String> {
    let next = page.get("$skipToken").and_then(Value::as_str);
    let next = next.filter(|token| !token.is_empty());
    let next = next.map(|token| SkipToken(token.to_owned()));
    let cut = page.get("resultTruncated").and_then(Value::as_str) == Some("true");
    if cut && next.is_none() {
        return Err("a part is left out, and nothing leads to it".to_owned());
    }
    let total = page.get("totalRecords").and_then(Value::as_u64);
    let total = total.ok_or("it does not say how many there are")?;
    let Some(Value::Array(rows)) = page.get_mut("data").map(Value::take) else {
        return Err("an answer without rows".to_owned());
    };
    let items = rows.into_iter().map(|row| item(kind, row));
    let items = items.collect::<Result<Vec<T>, String>>()?;
    Ok(GraphPage { items, total, next })
}

fn item<T: Document>(kind: &str, row: Value) -> Result<T, String> {
    match row.get("type").and_then(Value::as_str) {
        Some(told) if told.eq_ignore_ascii_case(kind) => {
            T::read(document(kind, row)).map_err(|error| error.cause())
        }
        _ => Err("a row of another type than was asked for".to_owned()),
    }
}

/// A row as Resource Manager's document: its type is spelt in lower case, and what a resource does
/// not have is there as null or empty text.
fn document(kind: &str, mut row: Value) -> Value {
    if let Some(columns) = row.as_object_mut() {
        columns.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
        columns.insert("type".to_owned(), json!(kind));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "Microsoft.Compute/galleries/images/versions";
    const VERSION: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/galleries/acg/images/win11/versions/1.0.0";

    fn row() -> Value {
        json!({
            "id": VERSION, "name": "1.0.0", "location": "westeurope", "tags": null,
            "type": "microsoft.compute/galleries/images/versions", "kind": "",
            "properties": {"provisioningState": "Succeeded"},
        })
    }

    #[test]
    fn a_row_becomes_the_document_of_resource_manager() {
        let page = json!({"totalRecords": 2, "count": 1, "resultTruncated": "false",
            "$skipToken": "on", "data": [row()], "facets": []});
        let page: GraphPage<ImageVersion> = read(KIND, page).unwrap();
        let document = json!({
            "id": VERSION, "name": "1.0.0", "location": "westeurope", "type": KIND,
            "properties": {"provisioningState": "Succeeded"},
        });
        assert_eq!(page.items[0].document(), &document);
        assert_eq!(
            (page.total, page.next),
            (2, Some(SkipToken("on".to_owned())))
        );
    }

    #[test]
    fn an_answer_that_is_not_whole_is_none() {
        let cut = json!({"totalRecords": 2, "resultTruncated": "true", "data": [row()]});
        let table = json!({"totalRecords": 1, "data": {"columns": [], "rows": []}});
        let unread = json!({"totalRecords": 1, "data": [{"id": 1}]});
        let uncounted = json!({"data": []});
        for page in [cut, table, unread, uncounted, json!(null)] {
            assert!(read::<ImageVersion>(KIND, page.clone()).is_err(), "{page}");
        }
    }

    #[test]
    fn the_question_is_one_of_the_specification() {
        let subscription = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        let first = question(KIND, &subscription, None);
        assert_eq!(
            first["options"],
            json!({"resultFormat": "objectArray", "$top": 1_000})
        );
        let next = question(KIND, &subscription, Some(&SkipToken("on".to_owned())));
        assert_eq!(next["options"]["$skipToken"], "on");
        assert_eq!(next["query"], first["query"]);
        assert_eq!(next["subscriptions"], json!([subscription]));
    }
}
