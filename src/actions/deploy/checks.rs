//! What is looked at before a machine is created.

use super::NamePattern;

use super::supply::Readiness;
use crate::actions::{Check, Verdict};
use crate::azure::{
    Error, ImageDefinition, ImageVersion, Region, ResourceId, Session, Usage, VmSize,
};
use crate::config::{LONGEST, LONGEST_WINDOWS};

/// A subnet, as far as machines need to know it.
pub(super) struct Network {
    pub(super) subnet: ResourceId,
    pub(super) region: Region,
    /// Whether the network has it.
    pub(super) there: bool,
    /// Addresses that are left, where Azure says.
    pub(super) left: Option<u64>,
}

/// Reads a subnet's network: where it is, and how full.
pub(super) async fn read_network(session: &Session, subnet: &ResourceId) -> Result<Network, Error> {
    let network = match subnet.parent() {
        Some(network) => network,
        None => subnet.clone(),
    };
    let network = session.virtual_network(&network).await?;
    // The count is worth having, and a role on the subnet alone doesn't show it.
    let usages = session
        .network_usages(&network.id)
        .await
        .unwrap_or_default();
    let usage = usages.iter().find(|usage| usage.subnet == *subnet);
    Ok(Network {
        subnet: subnet.clone(),
        region: network.location,
        there: network.subnets.iter().any(|known| known.id == *subnet),
        left: usage.and_then(crate::azure::SubnetUsage::left),
    })
}

/// The first and the last of consecutive names.
pub(super) fn span(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first, .., last] => format!("{first} … {last}"),
    }
}

/// Something that has to be named, and isn't.
pub(super) fn lacking(what: &str, flag: &str) -> Check {
    Check::new(Verdict::Fail, format!("no {what} is named")).advise(format!(
        "name one here ({flag} where there is no form), or set {} in [tenant.deploy]",
        what.replace(' ', "_")
    ))
}

/// Whether the subnet is there, with an address for every machine.
pub(super) fn addresses(network: &Network, wanted: u32) -> Check {
    let name = network.subnet.names();
    if !network.there {
        return Check::new(Verdict::Fail, format!("there is no subnet {name}")).advise(
            "name another one here (--subnet where there is no form), or in [tenant.deploy]",
        );
    }
    match network.left {
        Some(left) if left < u64::from(wanted) => Check::new(
            Verdict::Fail,
            format!("subnet {name} has {left} addresses left, and {wanted} are wanted"),
        )
        .advise("take another subnet, enlarge this one, or create fewer machines"),
        Some(left) => Check::new(
            Verdict::Pass,
            format!("subnet {name} has {left} addresses left"),
        ),
        None => Check::new(
            Verdict::Warn,
            format!("subnet {name} is there; how full it is can't be read"),
        ),
    }
}

/// A group elsewhere is allowed, and rarely meant.
pub(super) fn group(there: Option<&Region>, region: &Region) -> Option<Check> {
    let there = there?;
    (there != region).then(|| {
        Check::new(
            Verdict::Warn,
            format!("the resource group lies in {there}, and its machines go to {region}"),
        )
    })
}

/// Whether names of this pattern are short enough for the system.
pub(super) fn name_length(pattern: &NamePattern, definition: &ImageDefinition) -> Option<Check> {
    let windows = definition.os_type.eq_ignore_ascii_case("Windows");
    let most = if windows { LONGEST_WINDOWS } else { LONGEST };
    let length = pattern.length();
    (length > most).then(|| {
        let text = format!("names like {pattern} have {length} characters, and {most} is the most");
        Check::new(Verdict::Fail, text).advise("use a shorter pattern")
    })
}

/// The size that is meant, if it is offered and can run the image.
pub(super) fn size<'a>(
    wanted: &str,
    sizes: &'a [VmSize],
    region: &Region,
    definition: &ImageDefinition,
) -> Result<(&'a VmSize, Check), Check> {
    let fail = |text: String, advice: String| Err(Check::new(Verdict::Fail, text).advise(advice));
    let Some(size) = sizes
        .iter()
        .find(|size| size.name.eq_ignore_ascii_case(wanted))
    else {
        let nearest = sizes
            .iter()
            .map(|size| (strsim::jaro_winkler(&size.name, wanted), size))
            .filter(|(likeness, _)| *likeness > 0.85)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let advice = nearest.map_or_else(
            || "choose another size".to_owned(),
            |(_, size)| format!("did you mean {}?", size.name),
        );
        return fail(format!("{wanted} isn't offered in {region}"), advice);
    };
    if let Some(why) = &size.restricted {
        return fail(
            format!(
                "{} isn't offered to the subscription in {region}: {why}",
                size.name
            ),
            "choose another size, or ask Microsoft to lift the restriction".to_owned(),
        );
    }
    let generation = definition.generation.as_deref().unwrap_or("V1");
    if !size
        .generations
        .iter()
        .any(|known| known.eq_ignore_ascii_case(generation))
    {
        return fail(
            format!(
                "the image is of generation {}, and {} runs {}",
                generation.trim_start_matches('V'),
                size.name,
                size.generations.join(" and ")
            ),
            "choose a size that runs it".to_owned(),
        );
    }
    let architecture = definition.architecture.as_deref().unwrap_or("x64");
    if !size.architecture.eq_ignore_ascii_case(architecture) {
        return fail(
            format!(
                "the image is for {architecture}, and {} is {}",
                size.name, size.architecture
            ),
            "choose a size of that architecture".to_owned(),
        );
    }
    let security = definition.security_type.as_deref();
    if security == Some("TrustedLaunch") && !size.trusted_launch {
        return fail(
            format!(
                "the image demands trusted launch, and {} can't do it",
                size.name
            ),
            "choose a size that supports trusted launch".to_owned(),
        );
    }
    let secured = match security {
        Some("TrustedLaunch" | "TrustedLaunchSupported") if size.trusted_launch => {
            ", trusted launch"
        }
        _ => "",
    };
    let text = format!(
        "{} runs generation {}{secured}, {architecture}",
        size.name,
        generation.trim_start_matches('V')
    );
    Ok((size, Check::new(Verdict::Pass, text)))
}

/// Whether the subscription may have so many more processors and machines there.
pub(super) fn quota(usages: &[Usage], size: &VmSize, count: u32, region: &Region) -> Check {
    let cores = size.vcpus * u64::from(count);
    let wanted = [
        ("cores", cores),
        (size.family.as_str(), cores),
        ("virtualMachines", u64::from(count)),
    ];
    let mut known = wanted.iter().filter_map(|(name, wanted)| {
        let usage = usages
            .iter()
            .find(|usage| usage.name.eq_ignore_ascii_case(name));
        Some((usage?, *wanted))
    });
    let short = known.clone().find(|(usage, wanted)| usage.left() < *wanted);
    match (short, known.next()) {
        (Some((usage, wanted)), _) => {
            let each = wanted.checked_div(u64::from(count)).unwrap_or(1).max(1);
            let fit = usage.left() / each;
            Check::new(
                Verdict::Fail,
                format!(
                    "{} in {region}: {} of {} used, and {wanted} more are wanted",
                    usage.localized, usage.current, usage.limit
                ),
            )
            .advise(format!(
                "{fit} machines fit now; ask for more quota, or choose another size or region"
            ))
        }
        (None, Some(_)) => Check::new(
            Verdict::Pass,
            format!("the quota has room for {cores} more cores in {region}"),
        ),
        (None, None) => Check::new(
            Verdict::Warn,
            format!("Azure tells no quota for {} in {region}", size.family),
        ),
    }
}

/// Whether the version can be deployed from in the region.
pub(super) fn version(version: &ImageVersion, region: &Region, found: &Readiness) -> Check {
    let name = &version.name;
    match found {
        Readiness::Replicas(1) => {
            Check::new(Verdict::Pass, format!("{name} has 1 replica in {region}"))
        }
        Readiness::Replicas(count) => Check::new(
            Verdict::Pass,
            format!("{name} has {count} replicas in {region}"),
        ),
        Readiness::Copying(percent) => Check::new(
            Verdict::Warn,
            format!("{name} is being copied to {region}, {percent} %: the job waits for it"),
        ),
        Readiness::Broken(details) => Check::new(
            Verdict::Fail,
            format!("the copy of {name} in {region} failed: {details}"),
        )
        .advise("replicate it there again"),
        Readiness::Absent => Check::new(
            Verdict::Fail,
            format!("{name} isn't replicated to {region}"),
        )
        .advise(format!("replicate it to {region} first")),
        Readiness::Unusable(state) => Check::new(
            Verdict::Fail,
            format!("{name} is {state}: it can't be deployed now"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn definition(properties: &Value) -> ImageDefinition {
        let mut all = json!({
            "osType": "Windows", "osState": "Generalized", "hyperVGeneration": "V2",
        });
        for (name, value) in properties.as_object().unwrap() {
            all[name] = value.clone();
        }
        ImageDefinition::from_document(json!({
            "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/providers/\
                   Microsoft.Compute/galleries/g/images/i",
            "name": "i", "location": "westeurope", "properties": all,
        }))
        .unwrap()
    }

    fn size_of(name: &str, generations: &str, more: &[(&str, &str)]) -> VmSize {
        let mut capabilities = vec![
            json!({"name": "vCPUs", "value": "4"}),
            json!({"name": "HyperVGenerations", "value": generations}),
        ];
        capabilities.extend(
            more.iter()
                .map(|(name, value)| json!({"name": name, "value": value})),
        );
        VmSize::from_document(json!({
            "name": name, "resourceType": "virtualMachines", "family": "standardDSv5Family",
            "capabilities": capabilities,
        }))
        .unwrap()
    }

    fn usage(name: &str, current: u64, limit: u64) -> Usage {
        Usage::from_document(json!({
            "name": {"value": name, "localizedValue": format!("{name} of the region")},
            "currentValue": current, "limit": limit,
        }))
        .unwrap()
    }

    fn trusted() -> ImageDefinition {
        definition(&json!({"features": [{"name": "SecurityType", "value": "TrustedLaunch"}]}))
    }

    #[test]
    fn a_size_has_to_run_what_the_image_is() {
        let sizes = [
            size_of("Standard_D4s_v5", "V1,V2", &[]),
            size_of("Standard_A4_v2", "V1", &[]),
            size_of(
                "Standard_D4ps_v5",
                "V2",
                &[("CpuArchitectureType", "Arm64")],
            ),
            size_of(
                "Standard_M8ms",
                "V1,V2",
                &[("TrustedLaunchDisabled", "True")],
            ),
        ];
        let west = Region::new("westeurope");
        let told = |name: &str, definition: &ImageDefinition| match size(
            name, &sizes, &west, definition,
        ) {
            Ok((size, check)) => format!("{} {:?} {}", size.name, check.verdict, check.text),
            Err(check) => format!("{} → {}", check.text, check.advice.unwrap()),
        };
        let plain = definition(&json!({}));
        assert_eq!(
            told("standard_d4s_v5", &trusted()),
            "Standard_D4s_v5 Pass Standard_D4s_v5 runs generation 2, trusted launch, x64"
        );
        assert!(told("Standard_D4s_v4", &plain).contains("did you mean Standard_D4s_v5?"));
        assert!(
            told("Standard_A4_v2", &plain).contains("of generation 2, and Standard_A4_v2 runs V1")
        );
        assert!(told("Standard_D4ps_v5", &plain).contains("is for x64, and"));
        assert!(told("Standard_M8ms", &trusted()).contains("demands trusted launch"));
        assert!(told("Standard_M8ms", &plain).starts_with("Standard_M8ms Pass"));
    }

    #[test]
    fn quota_counts_processors_of_the_family_and_says_what_fits() {
        let four = size_of("Standard_D4s_v5", "V2", &[]);
        let west = Region::new("westeurope");
        let usages = [
            usage("cores", 100, 1000),
            usage("StandardDSv5Family", 64, 100),
            usage("virtualMachines", 3, 25_000),
        ];
        assert_eq!(quota(&usages, &four, 9, &west).verdict, Verdict::Pass);
        let short = quota(&usages, &four, 10, &west);
        assert_eq!(short.verdict, Verdict::Fail);
        assert!(
            short
                .text
                .contains("64 of 100 used, and 40 more are wanted"),
            "{}",
            short.text
        );
        assert!(short.advice.unwrap().starts_with("9 machines fit now"));
        assert_eq!(quota(&[], &four, 1, &west).verdict, Verdict::Warn);
    }

    #[test]
    fn every_machine_needs_an_address() {
        let subnet: ResourceId = "/subscriptions/11111111-1111-1111-1111-111111111111/\
            resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v/subnets/hosts"
            .parse()
            .unwrap();
        let network = |there, left| Network {
            subnet: subnet.clone(),
            region: Region::new("westeurope"),
            there,
            left,
        };
        let verdict = |network: &Network| addresses(network, 5).verdict;
        assert_eq!(verdict(&network(true, Some(5))), Verdict::Pass);
        assert_eq!(verdict(&network(true, Some(4))), Verdict::Fail);
        assert_eq!(verdict(&network(true, None)), Verdict::Warn);
        assert_eq!(verdict(&network(false, Some(100))), Verdict::Fail);
    }

    #[test]
    fn names_of_windows_machines_are_short() {
        let pattern: NamePattern = "vm-avd-office-####".parse().unwrap();
        let refused = name_length(&pattern, &definition(&json!({}))).unwrap();
        assert!(
            refused.text.contains("18 characters, and 15 is the most"),
            "{}",
            refused.text
        );
        let linux = definition(&json!({"osType": "Linux"}));
        assert!(name_length(&pattern, &linux).is_none());
    }
}
