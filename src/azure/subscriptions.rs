//! Tenants, subscriptions and locations (Microsoft.Resources/subscriptions 2022-12-01).

use serde_json::Value;

use super::document::{Reader, keeps_document};
use super::error::Error;
use super::guid::{SubscriptionId, TenantId};
use super::open_enum::open_enum;
use super::region::Region;
use super::session::Session;

open_enum! {
    /// How the signed-in principal relates to a tenant.
    pub enum TenantCategory {
        /// It has an account there.
        Home = "Home",
        /// Another tenant's resources are projected there.
        ProjectedBy = "ProjectedBy",
        /// The tenant is managed from the principal's own (Azure Lighthouse).
        ManagedBy = "ManagedBy",
    }
}

open_enum! {
    /// Whether a subscription may be used.
    pub enum SubscriptionState {
        /// In use.
        Enabled = "Enabled",
        /// In use, about to be disabled.
        Warned = "Warned",
        /// In use, not paid.
        PastDue = "PastDue",
        /// Readable only.
        Disabled = "Disabled",
        /// Gone.
        Deleted = "Deleted",
    }
}

/// A tenant that the signed-in principal can see.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name, where it lets the principal see it.
    pub name: Option<String>,
    /// Its default domain, likewise.
    pub default_domain: Option<String>,
    /// The relation to it; older api-versions do not say.
    pub category: Option<TenantCategory>,
    document: Value,
}
keeps_document!(Tenant);

impl Tenant {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it has no tenant id.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a tenant", &document);
        Ok(Self {
            id: read.tenant("/tenantId")?,
            name: read.owned("/displayName"),
            default_domain: read.owned("/defaultDomain"),
            category: read.text("/tenantCategory").map(TenantCategory::from),
            document,
        })
    }
}

/// A subscription that the signed-in principal can see, its own or a delegated one.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Its display name.
    pub name: String,
    /// The tenant that owns it: the customer's, also when the subscription is delegated.
    pub tenant: TenantId,
    /// Tenants that manage it: delegation, but also Databricks and managed applications.
    pub managed_by: Vec<TenantId>,
    /// Whether it may be used.
    pub state: SubscriptionState,
    document: Value,
}
keeps_document!(Subscription);

impl Subscription {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it lacks its id or its tenant.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a subscription", &document);
        let id: SubscriptionId = read
            .required("/subscriptionId")?
            .parse()
            .map_err(|e| read.malformed(format!("/subscriptionId: {e}")))?;
        Ok(Self {
            name: read.owned("/displayName").unwrap_or_else(|| id.to_string()),
            id,
            tenant: read.tenant("/tenantId")?,
            managed_by: read
                .items("/managedByTenants")
                .filter_map(|manager| manager.get("tenantId")?.as_str()?.parse().ok())
                .collect(),
            state: SubscriptionState::from(read.text("/state").unwrap_or("Enabled")),
            document,
        })
    }
}

/// A place that a subscription may use.
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    /// The region.
    pub region: Region,
    /// Its name for people.
    pub display_name: String,
    /// Whether it is a datacenter region, not a logical one such as `europe`.
    pub physical: bool,
    /// The geography it lies in, `United Kingdom`.
    pub geography: Option<String>,
    /// The regions it is paired with.
    pub paired: Vec<Region>,
    /// Whether it has availability zones for this subscription.
    pub zones: bool,
    document: Value,
}
keeps_document!(Location);

impl Location {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it has no name.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a location", &document);
        let name = read.required("/name")?;
        let logical = read
            .text("/metadata/regionType")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("Logical"));
        let edge_zone = read
            .text("/type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("EdgeZone"));
        Ok(Self {
            region: Region::new(name),
            display_name: read.text("/displayName").unwrap_or(name).to_owned(),
            physical: !logical && !edge_zone,
            geography: read.owned("/metadata/geography"),
            paired: read
                .items("/metadata/pairedRegion")
                .filter_map(|pair| pair.get("name")?.as_str().map(Region::new))
                .collect(),
            zones: read.items("/availabilityZoneMappings").next().is_some(),
            document,
        })
    }
}

impl Session {
    /// The tenants that the identity can see with this tenant's token.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, Error> {
        let tenants: Vec<Tenant> = self.list("tenants", "/tenants", "", "the tenants").await?;
        self.know(&tenants);
        Ok(tenants)
    }

    /// The subscriptions that this tenant's token can see, delegated ones included.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, Error> {
        self.list("subscriptions", "/subscriptions", "", "the subscriptions")
            .await
    }

    /// The regions that a subscription may use.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn locations(&self, subscription: &SubscriptionId) -> Result<Vec<Location>, Error> {
        self.list(
            "subscriptions/locations",
            &format!("/subscriptions/{subscription}/locations"),
            "",
            &format!("the regions of subscription {subscription}"),
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OURS: &str = "11111111-1111-1111-1111-111111111111";
    const THEIRS: &str = "22222222-2222-2222-2222-222222222222";

    #[test]
    fn a_delegated_subscription_is_the_customers_and_managed_by_us() {
        let subscription = Subscription::from_document(json!({
            "id": format!("/subscriptions/{THEIRS}"),
            "subscriptionId": THEIRS,
            "tenantId": THEIRS,
            "displayName": "Adatum production",
            "state": "Warned",
            "managedByTenants": [{"tenantId": OURS}, {"tenantId": "odd"}, {}],
        }))
        .unwrap();
        assert_eq!(subscription.tenant.as_str(), THEIRS);
        assert_eq!(subscription.managed_by, [OURS.parse().unwrap()]);
        assert_eq!(subscription.state, SubscriptionState::Warned);
    }

    #[test]
    fn what_has_no_id_is_refused_with_the_field_named() {
        let refusal = Subscription::from_document(json!({"subscriptionId": THEIRS})).unwrap_err();
        assert!(refusal.to_string().contains("/tenantId"), "{refusal}");
        assert!(Tenant::from_document(json!({"tenantId": "contoso.com"})).is_err());
        assert!(Location::from_document(json!({})).is_err());
    }

    #[test]
    fn tenants_and_locations_may_say_little() {
        let tenant = Tenant::from_document(json!({"tenantId": OURS})).unwrap();
        assert_eq!((tenant.name, tenant.category), (None, None));
        let logical = json!({"name": "europe", "metadata": {"regionType": "Logical"}});
        assert!(!Location::from_document(logical).unwrap().physical);
        let old = Location::from_document(json!({"name": "eastasia"})).unwrap();
        assert!(old.physical && old.display_name == "eastasia");
    }
}
