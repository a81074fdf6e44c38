//! Estates of any size, made up instead of read: a provider with galleries, and customers in its
//! regions. The same seed makes the same estate.

use std::str::FromStr;

use jiff::Span;
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::chance::Chance;

/// How large an estate is made, written `tenants=200,galleries=50,images=40,versions=20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Customers, besides the provider
    pub tenants: u32,
    /// Galleries of the provider
    pub galleries: u32,
    /// Image definitions in each gallery
    pub images: u32,
    /// Versions of each image definition
    pub versions: u32,
    /// Virtual machines of each customer
    pub machines: u32,
}

impl Default for Generated {
    fn default() -> Self {
        Self {
            tenants: 10,
            galleries: 2,
            images: 5,
            versions: 5,
            machines: 10,
        }
    }
}

impl FromStr for Generated {
    type Err = String;

    /// Reads `key=number` pairs; what is not named is small.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut size = Self::default();
        for pair in text.split(',').filter(|pair| !pair.is_empty()) {
            let (key, number) = pair.split_once('=').unwrap_or((pair, ""));
            let slot = match key.trim() {
                "tenants" => &mut size.tenants,
                "galleries" => &mut size.galleries,
                "images" => &mut size.images,
                "versions" => &mut size.versions,
                "machines" => &mut size.machines,
                other => {
                    return Err(format!(
                        "\"{other}\" is none of tenants, galleries, images, versions, machines"
                    ));
                }
            };
            *slot = number
                .trim()
                .parse()
                .map_err(|_| format!("{key} wants a number, as in {key}=20; not \"{number}\""))?;
        }
        size.check()?;
        Ok(size)
    }
}

/// What a subscription holds at most in a region: galleries, definitions, versions (Microsoft's
/// `azure-compute-gallery.md`).
const MOST: [u32; 3] = [100, 1_000, 10_000];

/// Where versions and customers are; the first is the galleries' home.
const REGIONS: [&str; 4] = ["westeurope", "northeurope", "uksouth", "eastus"];

/// Two weeks before the first versions were published.
const FIRST_DAY: Date = date(2025, 1, 1);

impl Generated {
    fn check(self) -> Result<(), String> {
        let in_a_gallery = u64::from(self.images) * u64::from(self.versions);
        if self.images > MOST[1] || in_a_gallery > u64::from(MOST[2]) {
            return Err(format!(
                "a subscription holds {} images and {} versions in a region, and a gallery is in one",
                MOST[1], MOST[2]
            ));
        }
        let most_machines = 30_000;
        if self.machines > most_machines {
            return Err(format!(
                "a customer's subnet holds {most_machines} machines"
            ));
        }
        Ok(())
    }

    /// Galleries that go into one subscription without passing Azure's limits.
    fn galleries_together(self) -> u32 {
        let images = MOST[1] / self.images.max(1);
        let versions = MOST[2] / (self.images * self.versions).max(1);
        MOST[0].min(images).min(versions).max(1)
    }

    /// The estate, as the text of an estate file.
    pub(super) fn estate_file(self, seed: u64) -> String {
        let maker = Maker {
            size: self,
            chance: Chance::seeded(seed),
        };
        let mut text = maker.provider();
        for number in 1..=self.tenants {
            text.push_str(&maker.customer(number));
        }
        text
    }
}

struct Maker {
    size: Generated,
    chance: Chance,
}

impl Maker {
    fn id(&self, what: &str) -> Uuid {
        self.chance.id(&format!("generated {what}"))
    }

    /// One of several, by what it is for.
    fn pick<'a>(&self, what: &str, from: &[&'a str]) -> &'a str {
        let at = self.number(what, u32::try_from(from.len()).unwrap_or(u32::MAX));
        from.get(at as usize).copied().unwrap_or_default()
    }

    /// A number below `end`.
    fn number(&self, what: &str, end: u32) -> u32 {
        let [a, b, c, d, ..] = *self.id(what).as_bytes();
        u32::from_be_bytes([a, b, c, d]) % end.max(1)
    }

    /// The provider's tenant, with a subscription for as many galleries as one takes.
    fn provider(&self) -> String {
        let mut text = format!(
            r#"[application]
client_id = "{application}"
client_secret = "generated~opens~nothing"
home = "{tenant}"

[[tenant]]
id = "{tenant}"
name = "Provider"
domain = "provider.example"
country = "NL"
application = "{principal}"
groups = ["{operators}"]
"#,
            application = self.id("application"),
            tenant = self.id("provider"),
            principal = self.id("provider's principal"),
            operators = self.id("operators"),
        );
        let together = self.size.galleries_together();
        for gallery in 1..=self.size.galleries {
            if (gallery - 1) % together == 0 {
                text.push_str(&self.subscription_of_galleries((gallery - 1) / together + 1));
            }
            text.push_str(&self.gallery(gallery));
        }
        text
    }

    fn subscription_of_galleries(&self, number: u32) -> String {
        format!(
            r#"
[[tenant.subscription]]
id = "{id}"
name = "Galleries {number}"
features = ["Microsoft.Compute/SIGSharing"]
roles = [{{ role = "Contributor" }}, {{ role = "Compute Gallery Sharing Admin" }}, {{ role = "User Access Administrator" }}]
resource_groups = [{{ name = "rg-galleries", location = "{home}" }}]
"#,
            id = self.id(&format!("galleries {number}")),
            home = REGIONS[0],
        )
    }

    fn gallery(&self, number: u32) -> String {
        let mut text = format!(
            r#"
[[tenant.subscription.gallery]]
name = "acg_{number:03}"
resource_group = "rg-galleries"
location = "{home}"
permissions = "Groups"
"#,
            home = REGIONS[0],
        );
        for image in 1..=self.size.images {
            text.push_str(&self.image(number, image));
        }
        text
    }

    fn image(&self, gallery: u32, number: u32) -> String {
        let os = if number.is_multiple_of(4) {
            "Linux"
        } else {
            "Windows"
        };
        let versions =
            (1..=self.size.versions).map(|version| self.version(gallery, number, version));
        format!(
            r#"
[[tenant.subscription.gallery.image]]
name = "image-{number:03}"
os = "{os}"
publisher = "Provider"
offer = "{os}"
sku = "image-{number:03}"
features = {{ SecurityType = "TrustedLaunchSupported" }}
versions = [
{versions}]
"#,
            versions = versions.collect::<String>(),
        )
    }

    /// A version a fortnight after the one before, in the home region and some of the others.
    fn version(&self, gallery: u32, image: u32, number: u32) -> String {
        let what = format!("version {gallery} {image} {number}");
        let day = FIRST_DAY.saturating_add(Span::new().days(i64::from(number) * 14));
        let mut regions = vec![format!("{} = {}", REGIONS[0], 1 + self.number(&what, 4))];
        let others = REGIONS[1..].iter();
        let others = others.filter(|region| self.number(&format!("{what} {region}"), 2) == 0);
        regions.extend(others.map(|region| format!("{region} = 1")));
        format!(
            "  {{ name = \"1.{number}.0\", published = \"{day}T08:00:00Z\", regions = {{ {} }} }},\n",
            regions.join(", ")
        )
    }

    /// A customer with one subscription.
    fn customer(&self, number: u32) -> String {
        let region = self.pick(&format!("region {number}"), &REGIONS);
        let tenant = self.id(&format!("tenant {number}"));
        let subscription = self.id(&format!("subscription {number}"));
        let (application, access) = self.reach(number);
        let cores = 1_000 + 4 * u64::from(self.size.machines);
        format!(
            r#"
[[tenant]]
id = "{tenant}"
name = "Customer {number:04}"
domain = "customer{number:04}.example"
country = "{country}"
tags = ["ring{ring}"]
{application}
deploy = {{ subscription = "{subscription}", resource_group = "rg-desktops", subnet = "vnet-desktops/hosts", size = "Standard_D2s_v5", name = "vm-new-####", admin_user = "localadmin" }}

[[tenant.subscription]]
id = "{subscription}"
name = "Customer {number:04}"
{access}
quota = {{ cores = {cores}, standardDSv5Family = {cores} }}
resource_groups = [{{ name = "rg-desktops", location = "{region}" }}]
networks = [{{ name = "vnet-desktops", resource_group = "rg-desktops", location = "{region}", address = "10.0.0.0/16", subnets = {{ hosts = "10.0.0.0/17" }} }}]
{machines}"#,
            country = self.pick(&format!("country {number}"), &["NL", "DE", "GB", "US"]),
            ring = 1 + self.number(&format!("ring {number}"), 3),
            machines = self.machines(number, region),
        )
    }

    /// The application's presence in a customer's tenant, and what is granted in its subscription:
    /// every third customer signs the application in, the others delegate.
    fn reach(&self, customer: u32) -> (String, String) {
        if customer.is_multiple_of(3) {
            let principal = self.id(&format!("principal {customer}"));
            return (
                format!(r#"application = "{principal}""#),
                r#"roles = [{ role = "Contributor" }]"#.to_owned(),
            );
        }
        let delegation = format!(
            r#"delegations = [{{ to = "{}", principal = "{}", roles = ["Contributor"] }}]"#,
            self.id("provider"),
            self.id("operators")
        );
        (String::new(), delegation)
    }

    /// The machines of a customer, all of one version; none where there is no version.
    fn machines(&self, customer: u32, region: &str) -> String {
        let Generated {
            galleries,
            images,
            versions,
            machines,
            ..
        } = self.size;
        if [galleries, images, versions, machines].contains(&0) {
            return String::new();
        }
        let one_of = |what: &str, end| 1 + self.number(&format!("{what} of {customer}"), end);
        format!(
            r#"machines = [{{ prefix = "vm", count = {machines}, image = "acg_{:03}/image-{:03}/1.{}.0", size = "Standard_D2s_v5", resource_group = "rg-desktops", subnet = "vnet-desktops/hosts", location = "{region}", created = "{FIRST_DAY}T08:00:00Z" }}]
"#,
            one_of("gallery", galleries),
            one_of("image", images),
            one_of("version", versions),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::simulator::estate_file::EstateFile;

    fn made(text: &str, seed: u64) -> EstateFile {
        let size: Generated = text.parse().unwrap();
        EstateFile::parse(Path::new("generated"), &size.estate_file(seed)).unwrap()
    }

    #[test]
    fn an_estate_has_the_size_that_was_asked_for() {
        let estate = made("tenants=4,galleries=3,images=2,versions=6,machines=7", 1);
        assert_eq!(estate.tenants.len(), 5);
        let [provider, customers @ ..] = &estate.tenants[..] else {
            panic!("nobody");
        };
        let galleries: Vec<_> = provider
            .subscriptions
            .iter()
            .flat_map(|s| &s.galleries)
            .collect();
        assert_eq!(galleries.len(), 3);
        assert!(galleries.iter().all(|gallery| gallery.images.len() == 2));
        assert_eq!(galleries[2].images[1].versions.len(), 6);
        for customer in customers {
            assert_eq!(customer.subscriptions[0].machines[0].count, Some(7));
            let signs_in = customer.application.is_some();
            assert_eq!(signs_in, customer.subscriptions[0].delegations.is_empty());
        }
    }

    #[test]
    fn no_subscription_holds_more_than_azure_lets_it() {
        let size = Generated {
            galleries: 50,
            images: 40,
            versions: 20,
            ..Generated::default()
        };
        assert_eq!(size.galleries_together(), 12);
        let estate = made("tenants=0,galleries=30,images=40,versions=20", 1);
        let galleries = estate.tenants[0]
            .subscriptions
            .iter()
            .map(|s| s.galleries.len());
        assert_eq!(galleries.collect::<Vec<_>>(), [12, 12, 6]);
    }

    #[test]
    fn the_same_seed_makes_the_same_estate() {
        let size = Generated::default();
        assert_eq!(size.estate_file(1), size.estate_file(1));
        assert_ne!(size.estate_file(1), size.estate_file(2));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        let error = |text: &str| text.parse::<Generated>().unwrap_err();
        assert!(error("tenant=3").contains("\"tenant\" is none of tenants, galleries"));
        assert!(error("tenants").contains("tenants wants a number"));
        assert!(error("tenants=-1").contains("not \"-1\""));
        assert!(error("images=1001").contains("1000 images"));
        assert!(error("images=101,versions=100").contains("10000 versions"));
        assert!(error("machines=100000").contains("30000 machines"));
        assert_eq!("".parse(), Ok(Generated::default()));
    }
}
