use std::path::PathBuf;

use serde::Deserialize;

use crate::azure::cloud::Cloud;
use crate::azure::error::Error;
use crate::azure::guid::TenantId;

/// What the Azure CLI knows of whoever has signed in: its `azureProfile.json`, where it lists each
/// subscription with the tenant that it is reached through.
#[derive(Debug, Default, Deserialize)]
pub struct AzureCliProfile {
    #[serde(default)]
    subscriptions: Vec<Subscription>,
}

/// A subscription; of a tenant without any, the tenant in its stead.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    tenant_id: TenantId,
    #[serde(default)]
    environment_name: String,
    #[serde(default)]
    is_default: bool,
    #[serde(default)]
    user: User,
}

#[derive(Debug, Default, Deserialize)]
struct User {
    name: Option<String>,
}

impl AzureCliProfile {
    /// Reads it from where the Azure CLI keeps it: `$AZURE_CONFIG_DIR`, else `~/.azure`.
    /// `environment` answers for variables. Where nobody has ever signed in it is empty.
    ///
    /// # Errors
    /// [`Error::Configuration`] when it is not understood.
    pub fn read(environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let folder = set("AZURE_CONFIG_DIR")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(set("HOME")?).join(".azure")));
        let Some(path) = folder.map(|folder| folder.join("azureProfile.json")) else {
            return Ok(Self::default());
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(cause) => {
                let path = path.display();
                return Err(Error::Configuration(format!("{path}: {cause}")));
            }
        };
        Self::parse(&text).map_err(|cause| {
            let path = path.display();
            Error::Configuration(format!("the Azure CLI's {path} is not understood: {cause}"))
        })
    }

    fn parse(text: &str) -> Result<Self, serde_json::Error> {
        // The Azure CLI writes a byte order mark.
        serde_json::from_str(text.trim_start_matches('\u{feff}'))
    }

    /// The tenant of the default subscription, where that is in this cloud.
    #[must_use]
    pub fn default_tenant(&self, cloud: &Cloud) -> Option<TenantId> {
        let default = self.of(cloud).find(|subscription| subscription.is_default);
        Some(default?.tenant_id.clone())
    }

    /// The tenants that somebody has signed in to in this cloud, each once.
    #[must_use]
    pub fn tenants(&self, cloud: &Cloud) -> Vec<TenantId> {
        let mut tenants = Vec::new();
        for Subscription { tenant_id, .. } in self.of(cloud) {
            if !tenants.contains(tenant_id) {
                tenants.push(tenant_id.clone());
            }
        }
        tenants
    }

    /// Who is asked for, whatever the tenant: whom the default subscription belongs to
    /// (azure-cli, core/_profile.py, `get_raw_token`).
    pub(super) fn account(&self, cloud: &Cloud) -> Option<String> {
        let default = self.of(cloud).find(|subscription| subscription.is_default);
        default?.user.name.clone()
    }

    fn of(&self, cloud: &Cloud) -> impl Iterator<Item = &Subscription> {
        let name = cloud_name(cloud);
        self.subscriptions.iter().filter(move |subscription| {
            let environment = subscription.environment_name.as_str();
            name.map_or_else(|| !KNOWN.contains(&environment), |name| name == environment)
        })
    }
}

/// The clouds that the Azure CLI knows by itself (azure-cli, core/cloud.py).
const KNOWN: [&str; 3] = ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"];

/// What the Azure CLI calls a cloud; one of one's own has whatever name it was registered by.
pub(super) fn cloud_name(cloud: &Cloud) -> Option<&'static str> {
    let [public, us_government, china] = KNOWN;
    match cloud.name.as_str() {
        "public" => Some(public),
        "usgov" => Some(us_government),
        "china" => Some(china),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "11111111-1111-1111-1111-111111111111";
    const TWO: &str = "22222222-2222-2222-2222-222222222222";

    fn profile() -> String {
        let subscription = |tenant: &str, cloud: &str, is_default: bool| {
            let user = if is_default { "bob" } else { "ada" };
            format!(
                r#"{{"id":"{tenant}","name":"x","state":"Enabled","user":{{"name":"{user}","type":"user"}},"isDefault":{is_default},"tenantId":"{tenant}","environmentName":"{cloud}","homeTenantId":"{tenant}","managedByTenants":[]}}"#
            )
        };
        format!(
            "\u{feff}{{\"installationId\":\"i\",\"subscriptions\":[{},{},{},{}]}}",
            subscription(ONE, "AzureCloud", false),
            subscription(TWO, "AzureCloud", true),
            subscription(ONE, "AzureCloud", false),
            subscription(ONE, "mystack", true),
        )
    }

    #[test]
    fn tenants_and_the_default_one_are_those_of_the_cloud() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("azureProfile.json"), profile()).unwrap();
        let folder = folder.path().to_str().unwrap().to_owned();
        let environment = |name: &str| (name == "AZURE_CONFIG_DIR").then(|| folder.clone());
        let profile = AzureCliProfile::read(&environment).unwrap();
        let texts = |tenants: Vec<TenantId>| -> Vec<String> {
            tenants.iter().map(ToString::to_string).collect()
        };
        let public = Cloud::public().unwrap();
        assert_eq!(texts(profile.tenants(&public)), [ONE, TWO]);
        assert_eq!(profile.default_tenant(&public).unwrap().as_str(), TWO);
        assert_eq!(profile.account(&public).as_deref(), Some("bob"));
        let stack = Cloud::custom("https://a", "https://b", "https://c").unwrap();
        assert_eq!(profile.default_tenant(&stack).unwrap().as_str(), ONE);
        let china = Cloud::china().unwrap();
        assert_eq!(profile.default_tenant(&china), None);
        assert!(profile.tenants(&china).is_empty());
    }

    #[test]
    fn none_is_empty_and_nonsense_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let environment = |name: &str| (name == "HOME").then(|| home.clone());
        let public = Cloud::public().unwrap();
        let profile = AzureCliProfile::read(&environment).unwrap();
        assert!(profile.tenants(&public).is_empty());
        assert!(AzureCliProfile::read(&|_| None).is_ok());
        let fresh = AzureCliProfile::parse("\u{feff}{\"installationId\": \"i\"}").unwrap();
        assert_eq!(fresh.default_tenant(&public), None);
        std::fs::create_dir(folder.path().join(".azure")).unwrap();
        std::fs::write(folder.path().join(".azure/azureProfile.json"), "{").unwrap();
        let refusal = AzureCliProfile::read(&environment).unwrap_err();
        assert!(
            refusal.to_string().contains("azureProfile.json"),
            "{refusal}"
        );
    }
}
