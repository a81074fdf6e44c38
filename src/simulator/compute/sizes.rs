//! Sizes of virtual machines: which there are, where, and what each can run.

use axum::http::StatusCode;
use serde_json::Value;

use crate::simulator::answer::Refusal;
use crate::simulator::regions;
use crate::simulator::shortages::Shortage;

/// A size, with what its capabilities say (Microsoft.Compute/skus 2021-07-01).
pub(super) struct Size {
    /// `Standard_D4s_v5`
    pub(super) name: &'static str,
    /// What its cores count against, as `vm/vm_usage.json` of the recordings spells it
    pub(super) family: &'static str,
    pub(super) vcpus: u32,
    /// In GB
    pub(super) memory: f64,
    /// In GB; 0 for a size without a temporary disk
    pub(super) temporary_disk: u32,
    pub(super) data_disks: u32,
    pub(super) interfaces: u32,
    /// `V1`, `V2`
    pub(super) generations: &'static [&'static str],
    /// `x64` or `Arm64`
    pub(super) architecture: &'static str,
    pub(super) premium_io: bool,
    pub(super) accelerated_networking: bool,
    pub(super) security: Security,
    /// The regions that have it; none named: all
    offered: &'static [&'static str],
    /// The regions that have it, and not for subscriptions of this kind
    restricted: &'static [&'static str],
}

/// Security types that a size can run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    Standard,
    /// Standard too
    TrustedLaunch,
    /// Nothing but confidential machines
    Confidential,
}

/// What most sizes have in common.
const USUAL: Size = Size {
    name: "",
    family: "",
    vcpus: 4,
    memory: 16.0,
    temporary_disk: 0,
    data_disks: 8,
    interfaces: 2,
    generations: &["V1", "V2"],
    architecture: "x64",
    premium_io: true,
    accelerated_networking: true,
    security: Security::TrustedLaunch,
    offered: &[],
    restricted: &[],
};

/// A few of Azure's sizes (azure-compute-docs, `sizes/`). Where they are offered and restricted
/// differs from day to day in Azure: here, one is not everywhere and one is restricted.
pub(super) const SIZES: &[Size] = &[
    Size {
        name: "Standard_A4_v2",
        family: "standardAv2Family",
        memory: 8.0,
        temporary_disk: 40,
        interfaces: 4,
        generations: &["V1"],
        premium_io: false,
        accelerated_networking: false,
        security: Security::Standard,
        ..USUAL
    },
    Size {
        name: "Standard_DS1_v2",
        family: "standardDSv2Family",
        vcpus: 1,
        memory: 3.5,
        temporary_disk: 7,
        data_disks: 4,
        accelerated_networking: false,
        ..USUAL
    },
    Size {
        name: "Standard_B2ms",
        family: "standardBSFamily",
        vcpus: 2,
        memory: 8.0,
        temporary_disk: 16,
        data_disks: 4,
        interfaces: 3,
        accelerated_networking: false,
        ..USUAL
    },
    Size {
        name: "Standard_D2s_v3",
        family: "standardDSv3Family",
        vcpus: 2,
        memory: 8.0,
        temporary_disk: 16,
        data_disks: 4,
        ..USUAL
    },
    Size {
        name: "Standard_D4s_v3",
        family: "standardDSv3Family",
        temporary_disk: 32,
        ..USUAL
    },
    Size {
        name: "Standard_D2s_v5",
        family: "standardDSv5Family",
        vcpus: 2,
        memory: 8.0,
        data_disks: 4,
        ..USUAL
    },
    Size {
        name: "Standard_D4s_v5",
        family: "standardDSv5Family",
        ..USUAL
    },
    Size {
        name: "Standard_D8s_v5",
        family: "standardDSv5Family",
        vcpus: 8,
        memory: 32.0,
        data_disks: 16,
        interfaces: 4,
        ..USUAL
    },
    Size {
        name: "Standard_D16s_v5",
        family: "standardDSv5Family",
        vcpus: 16,
        memory: 64.0,
        data_disks: 32,
        interfaces: 8,
        ..USUAL
    },
    Size {
        name: "Standard_D2as_v5",
        family: "standardDASv5Family",
        vcpus: 2,
        memory: 8.0,
        data_disks: 4,
        ..USUAL
    },
    Size {
        name: "Standard_D4as_v5",
        family: "standardDASv5Family",
        ..USUAL
    },
    Size {
        name: "Standard_D4ds_v5",
        family: "standardDDSv5Family",
        temporary_disk: 150,
        ..USUAL
    },
    Size {
        name: "Standard_E4s_v5",
        family: "standardESv5Family",
        memory: 32.0,
        restricted: &["uksouth"],
        ..USUAL
    },
    Size {
        name: "Standard_D4ps_v5",
        family: "standardDPSv5Family",
        generations: &["V2"],
        architecture: "Arm64",
        security: Security::Standard,
        ..USUAL
    },
    Size {
        name: "Standard_DC4as_v5",
        family: "standardDCASv5Family",
        generations: &["V2"],
        accelerated_networking: false,
        security: Security::Confidential,
        offered: &["westeurope", "northeurope", "eastus", "westus"],
        ..USUAL
    },
];

/// The size of this name, in any case.
pub(super) fn find(name: &str) -> Option<&'static Size> {
    SIZES
        .iter()
        .find(|size| size.name.eq_ignore_ascii_case(name))
}

/// The families of sizes, each once.
pub(in crate::simulator) fn families() -> impl Iterator<Item = &'static str> {
    let first = |at: usize| SIZES[..at].iter().all(|s| s.family != SIZES[at].family);
    (0..SIZES.len())
        .filter(move |at| first(*at))
        .map(|at| SIZES[at].family)
}

impl Size {
    /// Whether a region has it, restricted or not.
    pub(super) fn is_offered(&self, region: &str) -> bool {
        self.offered.is_empty() || self.offered.contains(&region)
    }

    /// Whether a region has it, and not for subscriptions of this kind.
    pub(super) fn is_restricted(&self, region: &str) -> bool {
        self.restricted.contains(&region)
    }
}

/// The size that a new machine is to have, which `region` has to offer, and which has to run the
/// image's `definition` with the machine's `securityType`.
///
/// # Errors
/// Azure's `InvalidParameter` (azure-quickstart-templates issue 7147), `SkuNotAvailable` and
/// `BadRequest` (ga4gh-tes issue 43; azure-cli issue 28005, Azure's text for confidential sizes
/// without a security type is the same with `<NULL>`).
pub(super) fn check_size(
    region: &str,
    name: &str,
    definition: &Value,
    security_type: Option<&str>,
) -> Result<&'static Size, Refusal> {
    let region = regions::normal(region);
    let size = find(name)
        .filter(|size| size.is_offered(&region))
        .ok_or_else(|| not_there(&region, name))?;
    check_restriction(&region, name)?;
    check_image(size, definition)?;
    check_security(size, security_type)?;
    Ok(size)
}

/// That a size is not restricted in a region. One that is unknown is none of it.
///
/// # Errors
/// Azure's `SkuNotAvailable`, which is told before a deployment begins too.
pub(super) fn check_restriction(region: &str, name: &str) -> Result<(), Refusal> {
    let region = regions::normal(region);
    if !find(name).is_some_and(|size| size.is_restricted(&region)) {
        return Ok(());
    }
    let (code, message) = Shortage::known_beforehand().error(&region, name);
    Err(Refusal::service(StatusCode::CONFLICT, code, message))
}

fn not_there(region: &str, name: &str) -> Refusal {
    let there: Vec<&str> = SIZES
        .iter()
        .filter(|size| size.is_offered(region))
        .map(|size| size.name)
        .collect();
    let there = there.join(",");
    let what = if find(name).is_some() {
        format!(
            "The requested VM size {name} is not available in the current region. The sizes \
             available in the current region are: {there}.\r\nFind out more on the available VM \
             sizes in each region at https://aka.ms/azure-regions."
        )
    } else {
        format!(
            "The value {name} provided for the VM size is not valid. The valid sizes in the \
             current region are: {there}. Find out more on the valid VM sizes in each region at \
             https://aka.ms/azure-regions."
        )
    };
    Refusal::invalid("vmSize", what)
}

fn check_image(size: &Size, definition: &Value) -> Result<(), Refusal> {
    let of_image = |property: &str, usual| {
        let given = definition["properties"][property].as_str();
        given.unwrap_or(usual).to_owned()
    };
    let architecture = of_image("architecture", "x64");
    if !architecture.eq_ignore_ascii_case(size.architecture) {
        return Err(bad_request(format!(
            "Cannot create a VM of size '{}' because this VM size only supports a CPU Architecture \
             of '{}', but an image or disk with CPU Architecture '{architecture}' was given. Please \
             check that the CPU Architecture of the image or disk is compatible with that of the VM \
             size.",
            size.name, size.architecture
        )));
    }
    let generation = of_image("hyperVGeneration", "V1");
    if size.generations.contains(&generation.as_str()) {
        return Ok(());
    }
    let number = generation.trim_start_matches('V');
    Err(bad_request(format!(
        "The selected VM size '{}' cannot boot Hypervisor Generation '{number}'. If this was a \
         Create operation please check that the Hypervisor Generation of the Image matches the \
         Hypervisor Generation of the selected VM Size. If this was an Update operation please \
         select a Hypervisor Generation '{number}' VM Size. For more information, see \
         https://aka.ms/azuregen2vm",
        size.name
    )))
}

fn check_security(size: &Size, wanted: Option<&str>) -> Result<(), Refusal> {
    let can = match wanted {
        Some("TrustedLaunch") => size.security == Security::TrustedLaunch,
        Some("ConfidentialVM") => size.security == Security::Confidential,
        _ => size.security != Security::Confidential,
    };
    if can {
        return Ok(());
    }
    let more = match wanted {
        Some("TrustedLaunch") => " For more information, see https://aka.ms/TrustedLaunch-FAQ",
        _ => "",
    };
    Err(bad_request(format!(
        "The VM size '{}' is not supported for creation of VMs and Virtual Machine Scale Set with \
         '{}' security type.{more}",
        size.name,
        wanted.unwrap_or("<NULL>")
    )))
}

fn bad_request(what: String) -> Refusal {
    Refusal::service(StatusCode::BAD_REQUEST, "BadRequest", what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(region: &str, name: &str, image: &Value, security: Option<&str>) -> String {
        let definition = json!({ "properties": image });
        match check_size(region, name, &definition, security) {
            Ok(_) => String::new(),
            Err(refusal) => refusal.error()["message"].as_str().unwrap().to_owned(),
        }
    }

    #[test]
    fn a_size_is_offered_restricted_or_unknown() {
        let image = json!({ "hyperVGeneration": "V2" });
        let told = |region, name, security| refused(region, name, &image, security);
        assert_eq!(told("West Europe", "standard_d4s_v5", None), "");
        assert!(told("westeurope", "Standard_D5s_v5", None).contains("is not valid. The valid"));
        let confidential = Some("ConfidentialVM");
        assert_eq!(told("westeurope", "Standard_DC4as_v5", confidential), "");
        let elsewhere = told("uksouth", "Standard_DC4as_v5", confidential);
        assert!(elsewhere.contains("not available in the current region"));
        assert_eq!(told("westeurope", "Standard_E4s_v5", None), "");
        assert!(told("UK South", "Standard_E4s_v5", None).contains("Capacity Restrictions"));
    }

    #[test]
    fn an_image_runs_on_sizes_of_its_kind() {
        let told = |name, generation, architecture| {
            let image = json!({ "hyperVGeneration": generation, "architecture": architecture });
            refused("westeurope", name, &image, None)
        };
        assert_eq!(told("Standard_A4_v2", "V1", "x64"), "");
        assert!(
            told("Standard_A4_v2", "V2", "x64").contains("cannot boot Hypervisor Generation '2'")
        );
        assert!(told("Standard_D4ps_v5", "V2", "x64").contains("CPU Architecture of 'Arm64'"));
        assert_eq!(told("Standard_D4ps_v5", "V2", "Arm64"), "");
    }

    #[test]
    fn a_security_type_runs_on_some_sizes() {
        let image = json!({ "hyperVGeneration": "V2" });
        let ok = |name, security| refused("westeurope", name, &image, security).is_empty();
        assert!(ok("Standard_D4s_v5", Some("TrustedLaunch")) && ok("Standard_D4s_v5", None));
        assert!(!ok("Standard_D4s_v5", Some("ConfidentialVM")));
        assert!(!ok("Standard_DC4as_v5", None) && !ok("Standard_DC4as_v5", Some("TrustedLaunch")));
        let old = json!({ "hyperVGeneration": "V1" });
        let security = Some("TrustedLaunch");
        assert!(
            refused("westeurope", "Standard_A4_v2", &old, security).contains("'TrustedLaunch'")
        );
    }

    #[test]
    fn families_are_named_once() {
        let mut names: Vec<&str> = families().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(SIZES.iter().all(|size| names.contains(&size.family)));
    }
}
