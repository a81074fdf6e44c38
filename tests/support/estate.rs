use std::fmt::Write as _;

/// A provider with one gallery, and customers that have delegated a subscription each. Everybody has
/// room for machines, and nobody has any.
///
/// The text may be changed before a simulator [starts with it](super::Simulator::start_estate).
pub fn estate(customers: usize) -> String {
    let mut text = PROVIDER.to_owned();
    for number in 1..=customers {
        let Customer {
            tenant,
            subscription,
            name,
        } = customer(number);
        let deploy = format!(
            "subscription = \"{subscription}\", resource_group = \"rg-avd\", subnet = \"vnet/hosts\", \
             size = \"Standard_D2s_v5\", name = \"vm-###\", admin_user = \"localadmin\""
        );
        writeln!(
            text,
            r#"
[[tenant]]
id = "{tenant}"
name = "{name}"
domain = "customer{number}.example"
country = "NL"
tags = ["all"]
deploy = {{ {deploy} }}

[[tenant.subscription]]
id = "{subscription}"
name = "{name} Desktops"
delegations = [{{ to = "{HOME}", principal = "{OPERATORS}", roles = ["Contributor"] }}]
resource_groups = [{{ name = "rg-avd", location = "westeurope" }}]
networks = [{{ name = "vnet", resource_group = "rg-avd", location = "westeurope", address = "10.{number}.0.0/16", subnets = {{ hosts = "10.{number}.1.0/24", small = "10.{number}.2.0/29" }} }}]"#
        )
        .unwrap();
    }
    text
}

/// The version that [`estate`] has, with one replica in West Europe.
pub const VERSION: &str = "acg/win11/1.0.0";

/// Deploys so many machines of [`VERSION`] for each customer of [`estate`], confirmed.
pub fn deploy_for_all(count: &str) -> [&str; 7] {
    ["deploy", VERSION, "--tag", "all", "--count", count, "--yes"]
}

/// A customer of [`estate`].
pub struct Customer {
    pub tenant: String,
    pub subscription: String,
    pub name: String,
}

impl Customer {
    /// The id of something in its resource group, such as `Microsoft.Compute/virtualMachines/vm-001`.
    pub fn id(&self, what: &str) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/rg-avd/providers/{what}",
            self.subscription
        )
    }
}

/// The customer with this number, from 1 on.
pub fn customer(number: usize) -> Customer {
    Customer {
        tenant: format!("20000000-0000-4000-8000-{number:012}"),
        subscription: format!("30000000-0000-4000-8000-{number:012}"),
        name: format!("Customer {number:02}"),
    }
}

const HOME: &str = "10000000-0000-4000-8000-000000000000";
const OPERATORS: &str = "10000000-0000-4000-8000-000000000001";

const PROVIDER: &str = r#"
[application]
client_id = "10000000-0000-4000-8000-000000000002"
client_secret = "opens~nothing"
home = "10000000-0000-4000-8000-000000000000"

[[tenant]]
id = "10000000-0000-4000-8000-000000000000"
name = "Provider"
domain = "provider.example"
country = "NL"
application = "10000000-0000-4000-8000-000000000003"
groups = ["10000000-0000-4000-8000-000000000001"]

[[tenant.subscription]]
id = "10000000-0000-4000-8000-000000000004"
name = "Galleries"
roles = [{ role = "Contributor" }]
resource_groups = [{ name = "rg", location = "westeurope" }]

[[tenant.subscription.gallery]]
name = "acg"
resource_group = "rg"
location = "westeurope"

[[tenant.subscription.gallery.image]]
name = "win11"
os = "Windows"
publisher = "Provider"
offer = "windows-11"
sku = "avd"
features = { SecurityType = "TrustedLaunchSupported" }
versions = [{ name = "1.0.0", published = "2026-11-12T08:10:27.6640195Z", regions = { westeurope = 1 } }]
"#;
